package dev.finetune.vision.net;

import dev.finetune.nn.Activation;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Buffer;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Module;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** The first stage of a residual network: reads "pixel_values" (batch, channels, height, width). */
final class ResNetStem implements Stage {
    private final Pixels pixels;
    private final List<ConvNorm> convolutions;
    private final boolean pooled;
    private final Activation activation;

    ResNetStem(ParameterSource source, ResNetPlan plan, Pixels pixels) {
        this.pixels = pixels;
        this.convolutions =
                plan.stem().stream().map(conv -> new ConvNorm(source, conv)).toList();
        this.pooled = plan.pooled();
        this.activation = plan.activation();
    }

    @Override
    public String name() {
        return "stem";
    }

    @Override
    public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
        Tensor hidden = pixels.of(batch);
        for (ConvNorm convolution : convolutions) {
            hidden = activation.inPlace(convolution.forward(hidden, context));
        }
        return pooled ? MaxPool.of(hidden, 1, false) : hidden;
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
