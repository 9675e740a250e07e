package dev.finetune.train;

import dev.finetune.nn.Batch;
import dev.finetune.nn.Buffer;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.FusedLinear;
import dev.finetune.nn.HiddenLayout;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** A stage that something happens to before it computes. */
record FaultyStage(Stage stage, Fault fault) implements Stage {
    /** What happens. */
    interface Fault {
        /** Gives back what the stage is to compute from. */
        Tensor before(Tensor input, Batch batch, ForwardContext context);
    }

    /** The same network, whose stage number {@code index} is faulty; it owns what the given one owned. */
    static Network in(Network network, int index, Fault fault) {
        final List<Stage> stages = new ArrayList<>(network.stages());
        stages.set(index, new FaultyStage(stages.get(index), fault));
        return new Network(stages, network.head());
    }

    @Override
    public String name() {
        return stage.name();
    }

    @Override
    public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
        return stage.forward(fault.before(input, batch, context), batch, context);
    }

    @Override
    public Optional<HiddenLayout> layout() {
        return stage.layout();
    }

    @Override
    public List<Parameter> parameters() {
        return stage.parameters();
    }

    @Override
    public List<Buffer> buffers() {
        return stage.buffers();
    }

    @Override
    public List<FusedLinear> joint() {
        return stage.joint();
    }
}
