package dev.finetune.vision.net;

import dev.finetune.nn.BatchNorm2d;
import dev.finetune.nn.Buffer;
import dev.finetune.nn.Conv2d;
import dev.finetune.nn.Init;
import dev.finetune.nn.Module;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import java.util.List;

/** A convolution and the batch norm after it. */
final class ConvNorm implements Module {
    private final Conv2d convolution;
    private final BatchNorm2d norm;

    ConvNorm(ParameterSource source, ConvPlan plan) {
        this.convolution = new Conv2d(source.at(plan.convolution()), plan.shape(), heNormal(plan.shape()), false);
        this.norm = new BatchNorm2d(source.at(plan.norm()), plan.shape().out());
    }

    Conv2d convolution() {
        return convolution;
    }

    BatchNorm2d norm() {
        return norm;
    }

    /** Normal with variance 2 / (out * kernel area), as torchvision's ResNet starts (He et al., 2015, fan-out mode). */
    static Init heNormal(Conv2d.Shape shape) {
        return Init.normal(Math.sqrt(2.0 * shape.groups() / (shape.out() * shape.kernel() * shape.kernel())));
    }

    @Override
    public List<Parameter> parameters() {
        return Module.parametersOf(List.of(convolution, norm));
    }

    @Override
    public List<Buffer> buffers() {
        return norm.buffers();
    }
}
