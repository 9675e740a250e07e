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
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** What a residual block adds to what it computed. */
final class Shortcut implements Module {
    private final ShortcutPlan plan;
    private final Optional<ConvNorm> projection;

    private final Optional<ConvNormBlock> step;

    Shortcut(ParameterSource source, ShortcutPlan plan) {
        this.plan = plan;
        this.projection = plan instanceof ShortcutPlan.Projection p
                ? Optional.of(new ConvNorm(source, p.projection()))
                : Optional.empty();
        this.step = projection.map(conv ->
                new ConvNormBlock(Optional.empty(), conv.convolution(), Optional.of(conv.norm()), Activation.RELU));
    }

    Tensor forward(Tensor input, ForwardContext context) {
        if (plan instanceof ShortcutPlan.Projection p) {
            return step.orElseThrow().forward(averaged(input, p.averaged()), context);
        }
        if (plan instanceof ShortcutPlan.PadChannels pad) {
            final Tensor strided = input.slice(2, new LongOptional(), new LongOptional(), pad.stride())
                    .slice(3, new LongOptional(), new LongOptional(), pad.stride());
            return torch.constant_pad_nd(strided, new long[] {0, 0, 0, 0, pad.before(), pad.after()});
        }
        return input;
    }

    Value draw(OperatorGraph graph, Value input) {
        if (plan instanceof ShortcutPlan.Projection p) {
            return step.orElseThrow().draw(graph, drawAveraged(graph, input, p.averaged()));
        }
        if (plan instanceof ShortcutPlan.PadChannels pad) {
            final Value strided = graph.apply(
                    "Slice",
                    input,
                    graph.wholes(0, 0),
                    graph.wholes(Long.MAX_VALUE, Long.MAX_VALUE),
                    graph.wholes(2, 3),
                    graph.wholes(pad.stride(), pad.stride()));
            return graph.apply("Pad", strided, graph.wholes(0, pad.before(), 0, 0, 0, pad.after(), 0, 0));
        }
        return input;
    }

    private static Value drawAveraged(OperatorGraph graph, Value input, long side) {
        return side == 1
                ? input
                : graph.operator("AveragePool", input)
                        .set("kernel_shape", new long[] {side, side})
                        .set("strides", new long[] {side, side})
                        .set("ceil_mode", 1)
                        .value();
    }

    private static Tensor averaged(Tensor input, long side) {
        return side == 1
                ? input
                : torch.avg_pool2d(
                        input,
                        new long[] {side, side},
                        new long[] {side, side},
                        new long[] {0, 0},
                        true,
                        false,
                        new LongOptional());
    }

    @Override
    public List<Parameter> parameters() {
        return projection.map(ConvNorm::parameters).orElse(List.of());
    }

    @Override
    public List<Buffer> buffers() {
        return projection.map(ConvNorm::buffers).orElse(List.of());
    }
}
