package dev.finetune.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A large embedding adds the rows that were looked up to a gradient that it keeps: the one that LibTorch makes anew. */
class EmbeddingGradientTest {
    private static final long ROWS = 3000;
    private static final long WIDTH = 128;
    private static final long PADDING = 2;
    private static final long[] FIRST = {5, 7, 5, 2, 2999, 0};
    private static final long[] SECOND = {5, 1, 1, 1, 2, 2};

    private final Parameter weight = new Parameter("weight", Tensors.own(torch.randn(ROWS, WIDTH)), false);
    private final Embedding embedding = new Embedding((name, init, shape) -> weight, ROWS, WIDTH, PADDING, Init.ZEROS);

    @AfterEach
    void close() {
        weight.close();
    }

    /** Adds the gradient of sum(embedding^2). */
    private void pass(boolean custom, long... indices) {
        try (TensorScope scope = TensorScope.open();
                CustomGradients open = custom ? CustomGradients.open() : null) {
            final Tensor rows =
                    embedding.forward(Tensors.of(indices, 2, indices.length / 2), ForwardContext.training(1));
            rows.mul(rows).sum().backward();
        }
    }

    private float[] gradient() {
        return Tensors.floats(weight.value().grad());
    }

    @Test
    void itIsLibTorchsForRowsThatComeTwiceForPaddingAndForSeveralBatches() {
        pass(false, FIRST);
        pass(false, SECOND);
        final float[] expected = gradient();
        weight.freeGradient();
        pass(true, FIRST);
        pass(true, SECOND);
        assertThat(gradient()).containsExactly(expected);
        for (int i = 0; i < WIDTH; i++) {
            assertThat(gradient()[(int) (PADDING * WIDTH) + i]).isZero();
        }
    }

    @Test
    void theNextStepsIsInTheSameMemoryAndNothingIsLeftOfTheLast() {
        pass(true, SECOND);
        final float[] expected = gradient();
        weight.freeGradient();
        pass(true, FIRST);
        final long there = weight.value().grad().data_ptr().address();
        try (GradientMode off = GradientMode.off()) {
            weight.forgetGradient();
        }
        assertThat(gradient()).containsOnly(0f);
        pass(true, SECOND);
        assertThat(weight.value().grad().data_ptr().address()).isEqualTo(there);
        assertThat(gradient()).containsExactly(expected);
    }

    @Test
    void aFrozenOneHasNone() {
        weight.setTrained(false);
        try (TensorScope scope = TensorScope.open();
                CustomGradients open = CustomGradients.open()) {
            assertThat(embedding
                            .forward(Tensors.of(FIRST, 2, 3), ForwardContext.training(1))
                            .requires_grad())
                    .isFalse();
        }
    }
}
