package dev.finetune.nn;

import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The scales of a matrix' blocks, in 32 bits, or in 8 as {@link DoubleQuantized} keeps them. Owns its tensors. */
sealed interface Nf4Scales permits Nf4Scales.Plain, Nf4Scales.DoubleQuantized {
    /**
     * {@return (count, 1) floats, in the current scope}
     *
     * @param first block
     * @param count of blocks
     */
    Tensor of(long first, long count);

    /** {@return all that it consists of, borrowed} */
    List<Tensor> tensors();

    /** {@return what is behind {@link Nf4Weight#format()}'s bits} */
    String format();

    /** As they were found. */
    record Plain(Tensor scales) implements Nf4Scales {
        @Override
        public Tensor of(long first, long count) {
            return scales.narrow(0, first, count);
        }

        @Override
        public List<Tensor> tensors() {
            return List.of(scales);
        }

        @Override
        public String format() {
            return "NF4";
        }
    }

    /**
     * Double quantisation (QLoRA, section 3), as bitsandbytes computes it: what scales differ by from their mean, in groups of 256, each
     * as the nearest of 256 {@linkplain #dynamicMap values} times the group's largest absolute difference; the mean and these largest ones in
     * 32 bits. 8.13 bits a scale instead of 32.
     *
     * @param codes (blocks, 1) bytes: places among the values
     * @param largest (groups, 1) floats
     * @param mean (1) float
     * @param values (256) floats, from the least to the largest
     */
    record DoubleQuantized(Tensor codes, Tensor largest, Tensor mean, Tensor values) implements Nf4Scales {
        /** How many scales share one. */
        static final int GROUP = 256;

        /** Bits of bitsandbytes' dynamic exponent: a power of ten for each number of leading zeros. */
        private static final int EXPONENTS = 7;

        /**
         * Rounds scales; in the current scope, not owned.
         *
         * @param scales (blocks, 1) floats
         */
        static DoubleQuantized of(Tensor scales) {
            try (TensorScope scope = TensorScope.open()) {
                final long blocks = scales.size(0);
                final long groups = (blocks + GROUP - 1) / GROUP;
                final Tensor mean =
                        scales.to(ScalarType.Double).mean().to(ScalarType.Float).view(1);
                final Tensor apart = torch.constant_pad_nd(scales.sub(mean).view(-1), 0, groups * GROUP - blocks)
                        .view(groups, GROUP);
                final Tensor largest = apart.abs().amax(new long[] {1}, true);
                final Tensor divisors = largest.masked_fill(largest.eq(new Scalar(0)), new Scalar(1));
                final Tensor values = dynamicMap();
                final Tensor borders =
                        values.narrow(0, 1, values.size(0) - 1).add(values.narrow(0, 0, values.size(0) - 1));
                final Tensor codes = torch.bucketize(apart.div(divisors), borders.div(new Scalar(2)), true, false)
                        .to(ScalarType.Byte);
                return new DoubleQuantized(
                        scope.keep(codes.view(-1).narrow(0, 0, blocks).clone().view(blocks, 1)),
                        scope.keep(largest),
                        scope.keep(mean),
                        scope.keep(values));
            }
        }

        /**
         * bitsandbytes' signed dynamic map of 8 bits (Dettmers, "8-bit approximations for parallelism in deep learning", 2015): for each
         * power of ten from 1e-6 to 1 twice as many values as for the one below, the middles of even parts of 0.1 to 1 times it, with
         * either sign; and 0 and 1. In the current scope.
         */
        static Tensor dynamicMap() {
            final float[] values = new float[2 * ((1 << EXPONENTS) - 1) + 2];
            int next = 0;
            try (TensorScope scope = TensorScope.open()) {
                for (int i = 0; i < EXPONENTS; i++) {
                    final long parts = 1L << i;
                    final Tensor ends = torch.linspace(new Scalar(0.1), new Scalar(1), parts + 1);
                    final Tensor middles = ends.narrow(0, 0, parts)
                            .add(ends.narrow(0, 1, parts))
                            .div(new Scalar(2))
                            .mul(new Scalar(Math.pow(10, i - (EXPONENTS - 1))));
                    for (float value : Tensors.floats(middles)) {
                        values[next++] = value;
                        values[next++] = -value;
                    }
                }
            }
            values[next++] = 0;
            values[next] = 1;
            Arrays.sort(values);
            return Tensors.of(values, values.length);
        }

        @Override
        public Tensor of(long first, long count) {
            try (TensorScope scope = TensorScope.open()) {
                final long group = first / GROUP;
                final long groups = (first + count + GROUP - 1) / GROUP - group;
                final Tensor each = largest.narrow(0, group, groups)
                        .expand(groups, GROUP)
                        .reshape(-1, 1)
                        .narrow(0, first - group * GROUP, count);
                return scope.keep(values.index_select(
                                0, codes.narrow(0, first, count).view(-1).to(ScalarType.Int))
                        .view(count, 1)
                        .mul_(each)
                        .add_(mean));
            }
        }

        @Override
        public List<Tensor> tensors() {
            return List.of(codes, largest, mean, values);
        }

        @Override
        public String format() {
            return "NF4, scales in 8 bits";
        }
    }
}
