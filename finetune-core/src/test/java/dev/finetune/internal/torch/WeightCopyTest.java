package dev.finetune.internal.torch;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WeightCopyTest {
    private static Tensor random(long... shape) {
        return torch.empty(shape).uniform_(-1, 1, new GeneratorOptional());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 7, 16, 32})
    void givesWhatALinearLayerGives(long rows) {
        try (GradientMode off = GradientMode.off();
                TensorScope scope = TensorScope.open()) {
            final Tensor input = random(rows, 1, 300);
            final Tensor weight = random(517, 300);
            final Tensor bias = random(517);
            assertThat(WeightCopy.pays(input, weight)).isEqualTo(rows >= 12 || !Natives.multipliesWithMkl());
            try (WeightCopy copy = WeightCopy.of(weight)) {
                assertThat(copy).isNotNull();
                final Tensor with = copy.linear(input, bias);
                final Tensor without = copy.linear(input, null);
                assertThat(Tensors.shape(with)).containsExactly(rows, 1, 517);
                final Tensor expected = input.matmul(weight.t());
                assertThat(with.sub(expected).sub(bias).abs().max().item_double())
                        .isLessThan(3e-5);
                assertThat(without.sub(expected).abs().max().item_double()).isLessThan(3e-5);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 3, 16})
    void givesWhatALayerAndWhatFollowsItGive(long rows) {
        try (GradientMode off = GradientMode.off();
                TensorScope scope = TensorScope.open()) {
            final Tensor input = random(rows, 1, 300);
            final Tensor weight = random(517, 300);
            final Tensor bias = random(517);
            final Tensor other = random(rows, 1, 517);
            final Tensor before = other.clone();
            try (WeightCopy copy = WeightCopy.of(weight)) {
                assertThat(copy).isNotNull();
                final Tensor plain = copy.linear(input, bias);
                assertNear(copy.linear(input, bias, WeightCopy.Then.GELU), torch.gelu(plain));
                assertNear(copy.linear(input, bias, WeightCopy.Then.GELU_BY_TANH), torch.gelu(plain, "tanh"));
                assertNear(copy.linear(input, bias, WeightCopy.Then.SILU), torch.silu(plain));
                assertNear(copy.plus(other, input, bias), plain.add(other));
                assertNear(copy.times(other, input, null), plain.sub(bias).mul(other));
                assertThat(other.equal(before)).isTrue();
            }
        }
    }

    private static void assertNear(Tensor is, Tensor expected) {
        assertThat(Tensors.shape(is)).isEqualTo(Tensors.shape(expected));
        assertThat(is.sub(expected).abs().max().item_double()).isLessThan(1e-5);
    }

    @Test
    void takesAWeightThatIsStoredTheOtherWay() {
        try (GradientMode off = GradientMode.off();
                TensorScope scope = TensorScope.open()) {
            final Tensor input = random(4, 300);
            final Tensor stored = random(300, 517);
            try (WeightCopy copy = WeightCopy.of(stored.t())) {
                assertThat(copy).isNotNull();
                final Tensor difference = copy.linear(input, null).sub(input.matmul(stored));
                assertThat(difference.abs().max().item_double()).isLessThan(3e-5);
            }
        }
    }

    @Test
    void noticesThatTheWeightHasChanged() {
        try (GradientMode off = GradientMode.off();
                TensorScope scope = TensorScope.open()) {
            final Tensor weight = random(256, 256);
            try (WeightCopy copy = WeightCopy.of(weight)) {
                assertThat(copy).isNotNull();
                assertThat(copy.isOf(weight)).isTrue();
                assertThat(copy.isOf(weight.clone())).isFalse();
                weight.mul_(new Scalar(2));
                assertThat(copy.isOf(weight)).isFalse();
            }
        }
    }

    @Test
    void isNotForManyRowsNorWhereGradientsAreRecorded() {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor weight = random(256, 256);
            assertThat(WeightCopy.pays(random(1, 256), weight)).isFalse();
            try (GradientMode off = GradientMode.off()) {
                assertThat(WeightCopy.pays(random(32, 256), weight)).isTrue();
                assertThat(WeightCopy.pays(random(128, 256), weight)).isEqualTo(!Natives.multipliesWithMkl());
                assertThat(WeightCopy.pays(random(129, 256), weight)).isFalse();
                assertThat(WeightCopy.pays(random(1, 100), random(100, 100))).isFalse();
            }
        }
    }
}
