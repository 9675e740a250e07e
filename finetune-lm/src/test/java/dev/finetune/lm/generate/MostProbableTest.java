package dev.finetune.lm.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.batch.HostTensor;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.TensorValues;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class MostProbableTest {
    @Test
    void aTensorsAreThoseOfItsNumbersAlsoWhereSomeAreEqualOrForbidden() {
        final Random random = new Random(5);
        for (int round = 0; round < 200; round++) {
            final int rows = 1 + random.nextInt(17);
            final int vocabulary = 2 + random.nextInt(3000);
            final int levels = 1 + random.nextInt(50);
            final float[] logits = new float[rows * vocabulary];
            for (int i = 0; i < logits.length; i++) {
                logits[i] = random.nextBoolean() ? random.nextInt(levels) : random.nextFloat() * levels;
            }
            final int[][] forbidden = IntStream.range(0, rows)
                    .mapToObj(row -> random.ints(random.nextInt(vocabulary), 0, vocabulary + 2)
                            .filter(id -> id != vocabulary / 2)
                            .toArray())
                    .toArray(int[][]::new);

            final float[][] copies = IntStream.range(0, rows)
                    .mapToObj(row -> Arrays.copyOfRange(logits, row * vocabulary, (row + 1) * vocabulary))
                    .toArray(float[][]::new);
            final MostProbable expected = MostProbable.of(copies, forbidden);
            final MostProbable seen = ofTensor(forbidden, logits, rows, 1, vocabulary);

            assertThat(seen.ids()).isEqualTo(expected.ids());
            assertThat(seen.logProbabilities()).containsExactly(expected.logProbabilities(), within(2e-5));
        }
    }

    @Test
    void nothingNativeIsHeldAfterwards() {
        final float[] logits = new float[16 * 5000];
        final int[][] forbidden = new int[16][];
        Arrays.setAll(forbidden, row -> new int[] {row, 4999});
        long before = 0;
        for (int i = 0; i < 10_000; i++) {
            ofTensor(forbidden, logits, 16, 5000);
            if (i == 100) {
                before = Pointer.totalCount();
            }
        }
        assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
    }

    @Test
    void whatIsNoNumberShowsInItsRowAlone() {
        for (float wrong : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            final MostProbable seen = ofTensor(new int[][] {{}, {}}, new float[] {1, 2, 3, 4, wrong, 5}, 2, 3);
            assertThat(seen.scores()).containsExactly(3, wrong);
            assertThat(seen.ids()[0]).isEqualTo(2);
            assertThatThrownBy(() -> Softmax.requireFinite(seen.scores()[1]))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("The model gave " + wrong + " for a token; expected finite numbers");
        }
        assertThat(ofTensor(new int[][] {{1}}, new float[] {1, Float.NaN, 3}, 1, 3)
                        .ids())
                .containsExactly(2);
    }

    @Test
    void whereAllAreForbiddenThatShowsInItsRowAlone() {
        final MostProbable seen = ofTensor(new int[][] {{0, 1, 2}, {-1, 3, 7}}, new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
        assertThat(seen.scores()).containsExactly(Float.NEGATIVE_INFINITY, 6);
        assertThat(seen.ids()[1]).isEqualTo(2);
        assertThatThrownBy(() -> Softmax.requireFinite(seen.scores()[0]))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("No token may come next");
    }

    @Test
    void asManyRowsAreForbiddenAsThereAre() {
        assertThatThrownBy(() -> ofTensor(new int[][] {{0}}, new float[] {1, 2, 3, 4}, 2, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1 rows, and logits of 2");
    }

    private static MostProbable ofTensor(int[][] forbidden, float[] logits, long... shape) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor tensor = TensorValues.of(new HostTensor.Floats(logits, shape), Tensors.cpu());
            return MostProbable.of(tensor, forbidden);
        }
    }
}
