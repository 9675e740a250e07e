package dev.finetune.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Rotary positions (Su et al., "RoFormer", 2021): in each head the numbers i and i + size / 2 are turned as a pair by an angle that
 * grows with the position.
 */
public final class RotaryTurn {
    private RotaryTurn() {}

    /**
     * Turns what attention compares.
     *
     * @param wide (batch, length, heads * size)
     * @param heads into which the width is cut
     * @param cosines of the angles, (batch or 1, length, size / 2)
     * @param sines of the angles, of the same shape
     * @return (batch, length, heads * size), in the current scope
     */
    public static Tensor of(Tensor wide, int heads, Tensor cosines, Tensor sines) {
        final long rows = wide.size(0);
        final long length = wide.size(1);
        final long width = wide.size(2);
        final long half = width / heads / 2;
        final TensorVector halves = wide.view(rows, length, heads, 2 * half).split(half, 3);
        final Tensor first = halves.get(0);
        final Tensor second = halves.get(1);
        final Tensor c = cosines.unsqueeze(2);
        final Tensor s = sines.unsqueeze(2);
        final Tensor turnedFirst = first.mul(c).sub(second.mul(s));
        final Tensor turnedSecond = second.mul(c).add(first.mul(s));
        return torch.cat(new TensorVector(turnedFirst, turnedSecond), 3).view(rows, length, width);
    }
}
