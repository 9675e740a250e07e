package dev.finetune.vision.net;

import dev.finetune.nn.Activation;
import dev.finetune.nn.Buffer;
import dev.finetune.nn.ConvNormBlock;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Module;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** A residual block (He et al., "Deep residual learning for image recognition", 2016), basic or bottleneck. */
final class ResidualBlock implements Module {
    private final List<ConvNorm> path;
    private final Shortcut shortcut;
    private final List<ConvNormBlock> steps = new ArrayList<>();

    ResidualBlock(ParameterSource source, BlockPlan plan, Activation inner, Activation last) {
        this.path = plan.path().stream().map(conv -> new ConvNorm(source, conv)).toList();
        this.shortcut = new Shortcut(source, plan.shortcut());
        final int end = path.size() - 1;
        for (int i = 0; i <= end; i++) {
            steps.add(new ConvNormBlock(
                    i > 0 ? Optional.of(path.get(i - 1).norm()) : Optional.empty(),
                    path.get(i).convolution(),
                    i == end ? Optional.of(path.get(i).norm()) : Optional.empty(),
                    inner,
                    last));
        }
    }

    Tensor forward(Tensor input, ForwardContext context) {
        Tensor hidden = input;
        for (ConvNormBlock step : steps.subList(0, steps.size() - 1)) {
            hidden = step.forward(hidden, context);
        }
        return steps.get(steps.size() - 1).forward(hidden, shortcut.forward(input, context), context);
    }

    Value draw(OperatorGraph graph, Value input) {
        Value hidden = input;
        for (ConvNormBlock step : steps.subList(0, steps.size() - 1)) {
            hidden = step.draw(graph, hidden);
        }
        return steps.get(steps.size() - 1).draw(graph, hidden, shortcut.draw(graph, input));
    }

    private List<Module> parts() {
        final List<Module> parts = new ArrayList<>(path);
        parts.add(shortcut);
        return parts;
    }

    @Override
    public List<Parameter> parameters() {
        return Module.parametersOf(parts());
    }

    @Override
    public List<Buffer> buffers() {
        return Module.buffersOf(parts());
    }
}
