package dev.finetune.vision.net;

import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Buffer;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HiddenLayout;
import dev.finetune.nn.Module;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** One stage of a residual network, "layer1" to "layer4": blocks that share a resolution. */
final class ResNetStage implements Stage {
    private final String name;
    private final List<ResidualBlock> blocks;

    ResNetStage(ParameterSource source, String name, List<BlockPlan> stage, ResNetPlan plan) {
        this.name = name;
        this.blocks = stage.stream()
                .map(block -> new ResidualBlock(source, block, plan.innerActivation(), plan.activation()))
                .toList();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
        Tensor hidden = input;
        for (ResidualBlock block : blocks) {
            try (TensorScope scope = TensorScope.open()) { // What a block made dies before the next one needs as much.
                hidden = scope.keep(block.forward(hidden, context));
            }
        }
        return hidden;
    }

    @Override
    public Value draw(OperatorGraph graph, Value input) {
        Value hidden = input;
        for (ResidualBlock block : blocks) {
            hidden = block.draw(graph, hidden);
        }
        return hidden;
    }

    @Override
    public Optional<HiddenLayout> layout() {
        return Optional.of(HiddenLayout.WHOLE);
    }

    @Override
    public List<Parameter> parameters() {
        return Module.parametersOf(blocks);
    }

    @Override
    public List<Buffer> buffers() {
        return Module.buffersOf(blocks);
    }
}
