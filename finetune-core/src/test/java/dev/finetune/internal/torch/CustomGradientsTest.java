package dev.finetune.internal.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Objects;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class CustomGradientsTest {
    /** Row sums of a b: (2, 3) and (2, 3) to (2). */
    private static Tensor dots(Tensor a, Tensor b) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor value = a.detach().mul(b.detach()).sum(1);
            return scope.keep(CustomGradients.output(
                    value, List.of(a, b), List.of(a, b), (gradient, kept, gradients) -> {
                        gradients.set(0, kept.get(1).mul(gradient.unsqueeze(1)));
                        gradients.set(1, kept.get(0).mul(gradient.unsqueeze(1)));
                    }));
        }
    }

    private static Tensor leaf(float... values) {
        return Tensors.of(values, 2, 3).set_requires_grad(true);
    }

    @Test
    void gradientsReachInputsOfAnyShapeThroughWhateverMadeThem() {
        try (TensorScope scope = TensorScope.open();
                CustomGradients custom = CustomGradients.open()) {
            final Tensor a = leaf(1, 2, 3, 4, 5, 6);
            final Tensor b = leaf(6, 5, 4, 3, 2, 1);
            final Tensor dots = dots(a.mul(new Scalar(2)), b);
            assertThat(Tensors.floats(dots)).containsExactly(56, 56);
            // Two readers of one output, one of them through another operation of the kind.
            dots.sum().add(dots.mul(dots).sum()).backward();
            // 2 b (1 + 2 * 56) and 2 a (1 + 2 * 56)
            assertThat(Tensors.floats(a.grad())).containsExactly(1356, 1130, 904, 678, 452, 226);
            assertThat(Tensors.floats(b.grad())).containsExactly(226, 452, 678, 904, 1130, 1356);
        }
    }

    @Test
    void anInputUsedTwiceGetsBothGradientsAndAConstantNone() {
        try (TensorScope scope = TensorScope.open();
                CustomGradients custom = CustomGradients.open()) {
            final Tensor a = leaf(1, 2, 3, 4, 5, 6);
            dots(a, a).sum().backward();
            assertThat(Tensors.floats(a.grad())).containsExactly(2, 4, 6, 8, 10, 12);
            final Tensor constant = Tensors.of(new float[] {1, 1, 1, 1, 1, 1}, 2, 3);
            final Tensor b = leaf(1, 2, 3, 4, 5, 6);
            dots(constant, b).sum().backward();
            assertThat(Tensors.floats(b.grad())).containsExactly(1, 1, 1, 1, 1, 1);
            assertThat(constant.grad().defined()).isFalse();
            assertThat(dots(constant, constant).requires_grad()).isFalse();
        }
    }

    @Test
    void theyAreOpenOnlyWhereGradientsAreRecordedAndUntilTheyAreClosed() {
        assertThat(CustomGradients.areOpen()).isFalse();
        try (CustomGradients outer = CustomGradients.open()) {
            try (CustomGradients inner = CustomGradients.open()) {
                assertThat(CustomGradients.areOpen()).isTrue();
            }
            assertThat(CustomGradients.areOpen()).isTrue();
            try (GradientMode off = GradientMode.off()) {
                assertThat(CustomGradients.areOpen()).isFalse();
            }
        }
        assertThat(CustomGradients.areOpen()).isFalse();
    }

    @Test
    void operationsUseOneBufferAfterTheOtherWhileTheyAreOpen() {
        assertThat(CustomGradients.buffer(4, ScalarType.BFloat16)).isNull();
        try (TensorScope scope = TensorScope.open();
                CustomGradients custom = CustomGradients.open()) {
            final Tensor first = Objects.requireNonNull(CustomGradients.buffer(4, ScalarType.BFloat16));
            final Tensor smaller = Objects.requireNonNull(CustomGradients.buffer(3, ScalarType.BFloat16));
            assertThat(Tensors.shape(smaller)).containsExactly(3);
            assertThat(smaller.data_ptr().address()).isEqualTo(first.data_ptr().address());
            final Tensor larger = Objects.requireNonNull(CustomGradients.buffer(9, ScalarType.BFloat16));
            assertThat(Tensors.shape(larger)).containsExactly(9);
            final Tensor floats = Objects.requireNonNull(CustomGradients.buffer(2, ScalarType.Float));
            assertThat(floats.scalar_type().intern()).isEqualTo(ScalarType.Float);
            try (CustomGradients inner = CustomGradients.open()) {
                final Tensor own = Objects.requireNonNull(CustomGradients.buffer(2, ScalarType.Float));
                assertThat(own.data_ptr().address())
                        .isNotEqualTo(floats.data_ptr().address());
            }
        }
        assertThat(CustomGradients.buffer(4, ScalarType.BFloat16)).isNull();
    }

    @Test
    void whatGoesWrongInBackwardIsToldInItsOwnWords() {
        try (TensorScope scope = TensorScope.open();
                CustomGradients custom = CustomGradients.open()) {
            final Tensor a = leaf(1, 2, 3, 4, 5, 6);
            final Tensor output =
                    CustomGradients.output(a.detach().sum(1), List.of(a), List.of(a), (gradient, kept, gradients) -> {
                        throw new IllegalStateException("no such gradient");
                    });
            final Tensor sum = output.sum();
            assertThatThrownBy(sum::backward).hasMessageContaining("no such gradient");
        }
    }

    @Test
    void nothingIsLeftWhetherBackwardComesOrNot() {
        for (boolean backward : new boolean[] {true, false}) {
            long before = 0;
            for (int i = 0; i < 200; i++) {
                if (i == 100) {
                    before = Pointer.totalCount();
                }
                try (TensorScope scope = TensorScope.open();
                        CustomGradients custom = CustomGradients.open()) {
                    final Tensor sum =
                            dots(leaf(1, 2, 3, 4, 5, 6), leaf(1, 2, 3, 4, 5, 6)).sum();
                    if (backward) {
                        sum.backward();
                    }
                }
            }
            assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
        }
    }
}
