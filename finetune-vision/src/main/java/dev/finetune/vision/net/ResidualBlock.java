package dev.finetune.vision.net;

import dev.finetune.nn.Activation;
import dev.finetune.nn.Buffer;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Module;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** A residual block (He et al., "Deep residual learning for image recognition", 2016), basic or bottleneck. */
final class ResidualBlock implements Module {
    private final List<ConvNorm> path;
    private final Shortcut shortcut;
    private final Activation activation;

    ResidualBlock(ParameterSource source, BlockPlan plan, Activation activation) {
        this.path = plan.path().stream().map(conv -> new ConvNorm(source, conv)).toList();
        this.shortcut = new Shortcut(source, plan.shortcut());
        this.activation = activation;
    }

    Tensor forward(Tensor input, ForwardContext context) {
        Tensor hidden = input;
        for (int i = 0; i < path.size(); i++) {
            hidden = path.get(i).forward(i == 0 ? hidden : activation.inPlace(hidden), context);
        }
        return activation.inPlace(hidden.add_(shortcut.forward(input, context)));
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
