package dev.finetune.vision.net;

import dev.finetune.nn.Activation;
import dev.finetune.nn.Batch;
import dev.finetune.nn.BatchNorm2d;
import dev.finetune.nn.Buffer;
import dev.finetune.nn.ConvNormBlock;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HiddenLayout;
import dev.finetune.nn.MaxPool2d;
import dev.finetune.nn.Module;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** The first stage of a residual network: reads "pixel_values" (batch, channels, height, width). */
final class ResNetStem implements Stage {
    private final Pixels pixels;
    private final List<ConvNorm> convolutions;
    private final List<ConvNormBlock> steps = new ArrayList<>();
    private final long channels;
    private final boolean pooled;
    private final Activation activation;

    ResNetStem(ParameterSource source, ResNetPlan plan, Pixels pixels) {
        this.pixels = pixels;
        this.convolutions =
                plan.stem().stream().map(conv -> new ConvNorm(source, conv)).toList();
        this.channels = plan.stem().get(0).shape().in();
        this.pooled = plan.pooled();
        this.activation = plan.activation();
        Optional<BatchNorm2d> before = Optional.empty();
        for (ConvNorm convolution : convolutions) {
            steps.add(new ConvNormBlock(before, convolution.convolution(), Optional.empty(), activation));
            before = Optional.of(convolution.norm());
        }
        if (pooled) {
            steps.add(new ConvNormBlock(before, new MaxPool2d(3, 2, 1, false), Optional.empty(), activation));
        }
    }

    @Override
    public String name() {
        return "stem";
    }

    @Override
    public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
        Tensor hidden = pixels.of(batch);
        for (ConvNormBlock step : steps) {
            hidden = step.forward(hidden, context);
        }
        return pooled
                ? hidden
                : activation.inPlace(
                        convolutions.get(convolutions.size() - 1).norm().forward(hidden, context));
    }

    @Override
    public Value draw(OperatorGraph graph, Value input) {
        Value hidden = Pixels.draw(graph, channels);
        for (ConvNormBlock step : steps) {
            hidden = step.draw(graph, hidden);
        }
        return pooled
                ? hidden
                : activation.draw(
                        graph, convolutions.get(convolutions.size() - 1).norm().draw(graph, hidden));
    }

    @Override
    public Optional<HiddenLayout> layout() {
        return Optional.of(HiddenLayout.WHOLE);
    }

    @Override
    public List<Parameter> parameters() {
        return Module.parametersOf(convolutions);
    }

    @Override
    public List<Buffer> buffers() {
        return Module.buffersOf(convolutions);
    }
}
