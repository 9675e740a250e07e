package dev.finetune.nn;

import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Products with a frozen weight that is kept in few bits. It is unpacked to bfloat16 for as long as a product takes; the product
 * is computed in bfloat16, what comes of it is of the input's type, floats or bfloat16. Where gradients may be custom, backward
 * unpacks the weight again, and nothing of it is kept between: all products of a pass unpack into one buffer.
 */
final class PackedLinear {
    private static final ScalarType TYPE = ScalarType.BFloat16;

    private PackedLinear() {}

    /** x W^T + b in the current scope. */
    static Tensor forward(Tensor input, PackedWeight weight, @Nullable Tensor bias) {
        final boolean records = GradMode.is_enabled()
                && (input.requires_grad() || bias != null && bias.requires_grad())
                && CustomGradients.areOpenForWeights();
        return records ? recorded(input, weight, bias) : product(input, weight, bias);
    }

    /** Whether a product without a bias holds no more than bfloat16 can. */
    static boolean givesBfloat16(PackedWeight weight) {
        return weight.outputScales().isEmpty();
    }

    private static Tensor product(Tensor input, PackedWeight weight, @Nullable Tensor bias) {
        try (TensorScope scope = TensorScope.open()) {
            final ScalarType type = input.scalar_type();
            final Tensor plain = torch.linear(input.to(TYPE), unpacked(weight));
            if (bias == null && weight.outputScales().isEmpty()) {
                return scope.keep(plain.to(type));
            }
            final Tensor floats = plain.to(ScalarType.Float);
            final Tensor scaled = weight.outputScales().map(floats::mul).orElse(floats);
            return scope.keep((bias == null ? scaled : scaled.add(bias)).to(type));
        }
    }

    /** In the buffer of the pass under way, which the next product writes over, or in the current scope. */
    private static Tensor unpacked(PackedWeight weight) {
        final long[] shape = weight.shape();
        final Tensor buffer = CustomGradients.buffer(shape[0] * shape[1], TYPE);
        if (buffer == null) {
            return weight.unscaled(TYPE);
        }
        final Tensor matrix = buffer.view(shape);
        weight.unpack(matrix);
        return matrix;
    }

    private static Tensor recorded(Tensor input, PackedWeight weight, @Nullable Tensor bias) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor value;
            try (GradientMode off = GradientMode.off()) {
                value = product(input, weight, bias);
            }
            final List<Tensor> inputs = new ArrayList<>(List.of(input));
            if (bias != null) {
                inputs.add(bias);
            }
            final boolean biased = bias != null;
            final ScalarType type = input.scalar_type();
            return scope.keep(CustomGradients.output(value, inputs, List.of(), (gradient, kept, gradients) -> {
                if (gradients.wanted(0)) {
                    gradients.set(0, ofInput(gradient, weight, type));
                }
                if (biased && gradients.wanted(1)) {
                    gradients.set(
                            1,
                            gradient.reshape(-1, gradient.size(-1))
                                    .to(ScalarType.Float)
                                    .sum(0));
                }
            }));
        }
    }

    /** g W, in the current scope. */
    private static Tensor ofInput(Tensor gradient, PackedWeight weight, ScalarType type) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor scaled = weight.outputScales().map(gradient::mul).orElse(gradient);
            return scope.keep(scaled.to(TYPE).matmul(unpacked(weight)).to(type));
        }
    }
}
