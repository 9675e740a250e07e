package dev.finetune.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.peft.Quantized;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Matrices in few bits, and products with them. */
class PackedWeightTest {
    private static final int OUT = 48;
    private static final int IN = 40; // Blocks of 64 don't end where rows do.

    private final float[] numbers = Made.normal(new SplittableRandom(1), 0.02, OUT * IN);

    /** As the table of QLoRA's appendix E prints them, to its precision. */
    @Test
    void theValuesAreThoseOfQlorasAppendix() {
        final double[] printed = {
            -1.0,
            -0.6961928009986877,
            -0.5250730514526367,
            -0.39491748809814453,
            -0.28444138169288635,
            -0.18477343022823334,
            -0.09105003625154495,
            0.0,
            0.07958029955625534,
            0.16093020141124725,
            0.24611230194568634,
            0.33791524171829224,
            0.44070982933044434,
            0.5626170039176941,
            0.7229568362236023,
            1.0
        };
        for (int i = 0; i < printed.length; i++) {
            assertThat(Nf4Weight.VALUES.get(i)).isEqualTo((float) printed[i]);
        }
    }

    /** And they are what the appendix derives them from: quantiles of a normal distribution, evenly apart on either side. */
    @Test
    void theValuesAreQuantilesOfTheNormalDistribution() {
        final double offset = 0.5 * ((1 - 1.0 / 32) + (1 - 1.0 / 30));
        final double[] derived = new double[16];
        for (int i = 0; i < 8; i++) { // 9 places from the offset to a half, without the half.
            derived[15 - i] = quantile(offset + (0.5 - offset) * i / 8);
        }
        for (int i = 0; i < 7; i++) {
            derived[i] = -quantile(offset + (0.5 - offset) * i / 7);
        }
        for (int i = 0; i < 16; i++) {
            assertThat((double) Nf4Weight.VALUES.get(i)).isCloseTo(derived[i] / derived[15], within(1e-6));
        }
    }

    /** By bisection of the distribution function, which is integrated by Simpson's rule. */
    private static double quantile(double probability) {
        double low = -4;
        double high = 4;
        for (int i = 0; i < 60; i++) {
            final double middle = (low + high) / 2;
            if (below(middle) < probability) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return (low + high) / 2;
    }

    private static double below(double x) {
        final int parts = 2000;
        final double step = x / parts;
        double sum = 0;
        for (int i = 0; i <= parts; i++) {
            final double at = i * step;
            sum += Math.exp(-at * at / 2) * (i == 0 || i == parts ? 1 : i % 2 == 0 ? 2 : 4);
        }
        return 0.5 + sum * step / 3 / Math.sqrt(2 * Math.PI);
    }

    @Test
    void everyNumberBecomesTheNearestOfThe16TimesItsBlocksLargest() {
        try (TensorScope scope = TensorScope.open();
                Nf4Weight packed = Nf4Weight.of(Tensors.of(numbers, OUT, IN))) {
            final float[] unpacked = Tensors.floats(packed.floats());
            for (int block = 0; block < numbers.length; block += Nf4Weight.BLOCK) {
                float largest = 0;
                for (int i = block; i < Math.min(block + Nf4Weight.BLOCK, numbers.length); i++) {
                    largest = Math.max(largest, Math.abs(numbers[i]));
                }
                for (int i = block; i < Math.min(block + Nf4Weight.BLOCK, numbers.length); i++) {
                    final float least = nearest(numbers[i], largest);
                    assertThat(Math.abs(unpacked[i] - numbers[i])).isCloseTo(least, within(1e-7f * largest));
                    assertThat(least).isLessThanOrEqualTo(0.1520f * largest); // Half of the widest gap, -1 to -0.696.
                }
            }
        }
    }

    private static float nearest(float number, float largest) {
        float least = Float.MAX_VALUE;
        for (float value : Nf4Weight.VALUES) {
            least = Math.min(least, Math.abs(value * largest - number));
        }
        return least;
    }

    /** The first of two numbers is in the upper half of a byte, as bitsandbytes has it. */
    @Test
    void bytesAreLaidOutAsBitsandbytesDoes() {
        final float[] block = new float[64];
        block[0] = -2; // code 0
        block[1] = 2; // code 15
        block[2] = 2 * 0.4407098f; // code 12
        block[3] = 2 * -0.0910500f; // code 6
        try (TensorScope scope = TensorScope.open();
                Nf4Weight packed = Nf4Weight.of(Tensors.of(block, 1, 64))) {
            assertThat(Tensors.longs(packed.tensors().get(0)))
                    .startsWith(0x0F, 0xC6, 0x77)
                    .hasSize(32);
            assertThat(Tensors.floats(packed.tensors().get(1))).containsExactly(2);
        }
    }

    @Test
    void in16BitsEachNumberIsTheRoundedProductOfValueAndScale() {
        try (TensorScope scope = TensorScope.open();
                Nf4Weight packed = Nf4Weight.of(Tensors.of(numbers, OUT, IN))) {
            assertThat(packed.unscaled(ScalarType.BFloat16)
                            .equal(packed.floats().to(ScalarType.BFloat16)))
                    .isTrue();
        }
    }

    @Test
    void int8IsOffByHalfAStepOfItsRowAtMost() {
        try (TensorScope scope = TensorScope.open();
                Int8Weight packed = Int8Weight.of(Tensors.of(numbers, OUT, IN))) {
            final float[] unpacked = Tensors.floats(packed.floats());
            final float[] steps = Tensors.floats(packed.outputScales().orElseThrow());
            for (int i = 0; i < numbers.length; i++) {
                assertThat(unpacked[i]).isCloseTo(numbers[i], within(0.5001f * steps[i / IN]));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void zerosStayZeros(Quantized format) {
        try (TensorScope scope = TensorScope.open();
                PackedWeight packed = format.pack(Tensors.of(new float[4 * 64], 4, 64))) {
            assertThat(Tensors.floats(packed.floats())).containsOnly(0);
        }
    }

    /** Forward and backward, with the bias' gradient: to the rounding of a product in 16 bits. */
    @ParameterizedTest
    @EnumSource
    void productsAreThoseWithTheUnpackedWeightInEitherDirection(Quantized format) {
        final float[] rows = Made.normal(new SplittableRandom(2), 1, 6 * IN);
        final float[] gradients = Made.normal(new SplittableRandom(3), 1, 6 * OUT);
        try (TensorScope scope = TensorScope.open();
                PackedWeight packed = format.pack(Tensors.of(numbers, OUT, IN))) {
            final Tensor gradient = Tensors.of(gradients, 2, 3, OUT);
            final Tensor input = Tensors.of(rows, 2, 3, IN).set_requires_grad(true);
            final Tensor bias = Tensors.of(new float[OUT], OUT).set_requires_grad(true);
            final Tensor expected = torch.linear(input.detach(), packed.floats());
            try (CustomGradients open = CustomGradients.openForWeights()) {
                final Tensor output = PackedLinear.forward(input, packed, bias);
                assertClose(output, expected);
                output.mul(gradient).sum().backward();
            }
            assertClose(Tensors.gradient(input), gradient.matmul(packed.floats()));
            assertClose(Tensors.gradient(bias), gradient.reshape(-1, OUT).sum(0));
            final Tensor plain = Tensors.of(rows, 2, 3, IN).set_requires_grad(true);
            final Tensor output = PackedLinear.forward(plain, packed, bias);
            output.mul(gradient).sum().backward();
            assertClose(Tensors.gradient(plain), Tensors.gradient(input));
        }
    }

    private static void assertClose(Tensor actual, Tensor expected) {
        final double apart = Tensors.scalar(actual.sub(expected).abs().max());
        assertThat(apart).isLessThan(0.012 * Tensors.scalar(expected.abs().max()));
    }

    @ParameterizedTest
    @EnumSource
    void aMatrixThatIsStoredTheOtherWayRoundIsPackedByItsRowsAndGivenAsStored(Quantized format) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor stored = Tensors.of(numbers, IN, OUT);
            try (Parameter turned = new Parameter("weight", format.pack(stored.t()), true);
                    PackedWeight straight = format.pack(stored.t().contiguous())) {
                assertThat(turned.shape()).containsExactly(IN, OUT);
                assertThat(turned.numbers().equal(straight.floats().t())).isTrue();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void twoOfTheSameNumbersShareTheirMemoryAndEachMayBeClosed(Quantized format) {
        try (TensorScope scope = TensorScope.open();
                Parameter one = new Parameter("weight", format.pack(Tensors.of(numbers, OUT, IN)), false)) {
            final float[] expected = Tensors.floats(one.numbers());
            try (Parameter other =
                    new Parameter("weight", format.pack(Tensors.of(new float[OUT * IN], OUT, IN)), false)) {
                other.share(one);
                assertThat(Tensors.floats(other.numbers())).containsExactly(expected);
                assertThat(other.value().data_ptr().address())
                        .isEqualTo(one.value().data_ptr().address());
            }
            assertThat(Tensors.floats(one.numbers())).containsExactly(expected);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aMatrixTakesAByteOrHalfAByteANumberAndItsScales(Quantized format) {
        final float[] many = Made.normal(new SplittableRandom(4), 0.02, 128 * 128);
        try (TensorScope scope = TensorScope.open();
                PackedWeight packed = format.pack(Tensors.of(many, 128, 128))) {
            final long scales = switch (format) {
                case INT8 -> 128 * 4;
                case NF4 -> 256 * 4 + 2048;
                case NF4_DOUBLE -> 256 + 4 + 4 + 1024 + 2048;
            };
            assertThat(packed.bytes()).isEqualTo((format == Quantized.INT8 ? 16384 : 8192) + scales);
        }
    }
}
