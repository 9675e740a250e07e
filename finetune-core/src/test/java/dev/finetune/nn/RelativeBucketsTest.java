package dev.finetune.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Distances are told apart as Transformers' T5 tells them apart. */
class RelativeBucketsTest {
    private static long[] of(RelativeBuckets buckets, long queries, long keys) {
        try (TensorScope scope = TensorScope.open()) {
            return Tensors.longs(buckets.of(queries, keys, Tensors.cpu()));
        }
    }

    @Test
    void halfOfTheBucketsAreForEachSideWhereBothAreSeen() {
        // T5Attention._relative_position_bucket(torch.arange(7) - torch.arange(7)[:, None], True, 8, 16), rows 0, 3 and
        // 6.
        final long[] all = of(new RelativeBuckets(true, 8, 16), 7, 7);
        assertThat(Arrays.copyOfRange(all, 0, 7)).containsExactly(0, 5, 6, 6, 6, 6, 7);
        assertThat(Arrays.copyOfRange(all, 21, 28)).containsExactly(2, 2, 1, 0, 5, 6, 6);
        assertThat(Arrays.copyOfRange(all, 42, 49)).containsExactly(3, 2, 2, 2, 2, 1, 0);
    }

    @Test
    void allBucketsAreForEarlierKeysWhereLaterOnesAreHidden() {
        // T5Attention._relative_position_bucket(torch.arange(24) - 20, False, 8, 16)
        assertThat(of(new RelativeBuckets(false, 8, 16), 4, 24))
                .startsWith(7, 7, 7, 7, 7, 7, 7, 7, 7, 6, 6, 6, 6, 5, 5, 4, 4, 3, 2, 1, 0, 0, 0, 0);
    }

    @Test
    void theLastQueryStandsAtTheLastKey() {
        final RelativeBuckets buckets = new RelativeBuckets(false, 32, 128);
        final long[] whole = of(buckets, 9, 9);
        assertThat(of(buckets, 2, 9)).isEqualTo(Arrays.copyOfRange(whole, 63, 81));
    }

    @Test
    void bucketsThatMakeNoSenseAreRefused() {
        assertThatThrownBy(() -> new RelativeBuckets(true, 3, 128))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("at least 4 buckets");
        assertThatThrownBy(() -> new RelativeBuckets(false, 32, 16))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("greater than those that have a bucket each");
    }
}
