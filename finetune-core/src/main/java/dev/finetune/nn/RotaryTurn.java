package dev.finetune.nn;

import dev.finetune.internal.torch.Autocast;
import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Rotary positions (Su et al., "RoFormer", 2021): in each head the numbers i and i + size / 2 are turned as a pair by an angle that
 * grows with the position.
 */
public final class RotaryTurn {
    private RotaryTurn() {}

    /**
     * Turns what attention compares; computed in floats.
     *
     * @param wide (batch, length, heads * size), floats or bfloat16
     * @param heads into which the width is cut
     * @param cosines of the angles, (batch or 1, length, size / 2)
     * @param sines of the angles, of the same shape
     * @return (batch, length, heads * size), of the same type, under autocast floats, in the current scope
     */
    public static Tensor of(Tensor wide, int heads, Tensor cosines, Tensor sines) {
        if (!CustomGradients.payFor(wide)) {
            final Tensor turned = turned(wide, heads, cosines, sines);
            return Mixed.isHalf(wide) && !Autocast.isOnFor(wide) ? turned.to(ScalarType.BFloat16) : turned;
        }
        try (TensorScope scope = TensorScope.open()) {
            return scope.keep(CustomGradients.output(
                    inPieces(wide, heads, cosines, sines),
                    List.of(wide),
                    List.of(cosines, sines),
                    (gradient, kept, gradients) -> gradients.set(
                            0,
                            inPieces(gradient, heads, kept.get(0), kept.get(1).neg()))));
        }
    }

    private static Tensor inPieces(Tensor wide, int heads, Tensor cosines, Tensor sines) {
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            final Tensor from = wide.contiguous();
            final Tensor to = torch.empty_like(from);
            RowPieces.each(
                    wide.size(1),
                    wide.size(0) * wide.size(2),
                    (first, count) -> to.narrow(1, first, count)
                            .copy_(turned(
                                    from.narrow(1, first, count),
                                    heads,
                                    cosines.narrow(1, first, count),
                                    sines.narrow(1, first, count))));
            return scope.keep(to);
        }
    }

    private static Tensor turned(Tensor wide, int heads, Tensor cosines, Tensor sines) {
        final long rows = wide.size(0);
        final long length = wide.size(1);
        final long width = wide.size(2);
        final long half = width / heads / 2;
        final TensorVector halves =
                wide.to(ScalarType.Float).view(rows, length, heads, 2 * half).split(half, 3);
        final Tensor first = halves.get(0);
        final Tensor second = halves.get(1);
        final Tensor c = cosines.unsqueeze(2);
        final Tensor s = sines.unsqueeze(2);
        final Tensor turnedFirst = first.mul(c).sub(second.mul(s));
        final Tensor turnedSecond = second.mul(c).add(first.mul(s));
        return torch.cat(new TensorVector(turnedFirst, turnedSecond), 3).view(rows, length, width);
    }
}
