package dev.finetune.bert.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.bert.augment.TextAugmentation;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Training batches are changed, each text of a pair for itself; evaluation batches are not. */
class AugmentedRowsTest {
    private static final List<Example<Text>> EXAMPLES = List.of(
            new Example<>(Text.pair("the time the time of", "time . of the"), Label.of("a")),
            new Example<>(Text.of("the"), Label.of("a")));

    private static SequenceEncoder encoder(TextAugmentation... augmentations) {
        final Tokenizer tokenizer = Tokenizer.open(Fixtures.bertModel());
        return new SequenceEncoder(
                tokenizer, TextLayout.of(tokenizer, 32, true), label -> new Target.Index(1), List.of(augmentations));
    }

    private static long[] row(HostBatch batch, String column, int row) {
        final HostTensor.Longs longs = (HostTensor.Longs) batch.columns().get(column);
        final int width = (int) longs.shape()[1];
        return Arrays.copyOfRange(longs.data(), row * width, (row + 1) * width);
    }

    private static long[] sorted(long[] ids, int from, int to) {
        final long[] part = Arrays.copyOfRange(ids, from, to);
        Arrays.sort(part);
        return part;
    }

    @Test
    void swapsStayWithinATextAndSpecialTokensWhereTheyAre() {
        try (SequenceEncoder encoder = encoder(TextAugmentation.randomSwaps(0.5))) {
            assertThat(encoder.variesInTraining()).isTrue();
            final List<Encoded> rows = encoder.encode(EXAMPLES);
            final HostBatch plain = encoder.collate(rows, new CollateContext(CollateContext.Purpose.EVALUATION, 1));
            final long[] before = row(plain, "input_ids", 0);
            int differ = 0;
            for (long seed = 0; seed < 50; seed++) {
                final CollateContext context = new CollateContext(CollateContext.Purpose.TRAINING, seed);
                final HostBatch changed = encoder.collate(rows, context);
                final long[] after = row(changed, "input_ids", 0);
                assertThat(after).isEqualTo(row(encoder.collate(rows, context), "input_ids", 0));
                assertThat(changed.rows().get(0)).isSameAs(rows.get(0));
                assertThat(row(changed, "token_type_ids", 0)).isEqualTo(row(plain, "token_type_ids", 0));
                assertThat(row(changed, "input_ids", 1)).isEqualTo(row(plain, "input_ids", 1));
                assertThat(List.of(after[0], after[6], after[11])).isEqualTo(List.of(before[0], before[6], before[11]));
                assertThat(sorted(after, 1, 6)).isEqualTo(sorted(before, 1, 6));
                assertThat(sorted(after, 7, 11)).isEqualTo(sorted(before, 7, 11));
                differ += Arrays.equals(before, after) ? 0 : 1;
            }
            assertThat(differ).isGreaterThan(30);
        }
    }

    @Test
    void shorterRowsArePaddedAndTypesFollowTheirTokens() {
        try (SequenceEncoder encoder = encoder(TextAugmentation.wordDropout(0.5))) {
            final List<Encoded> rows = encoder.encode(EXAMPLES);
            for (long seed = 0; seed < 50; seed++) {
                final HostBatch changed =
                        encoder.collate(rows, new CollateContext(CollateContext.Purpose.TRAINING, seed));
                final long[] mask = row(changed, "attention_mask", 0);
                final long[] types = row(changed, "token_type_ids", 0);
                final long length = Arrays.stream(mask).sum();
                assertThat(length).isBetween(5L, 12L);
                final long second = Arrays.stream(types).sum();
                assertThat(second).isBetween(2L, 5L);
                assertThat(types[(int) length - 1]).isEqualTo(1);
                assertThat(types[(int) (length - second) - 1]).isZero();
            }
        }
    }

    @Test
    void withoutAugmentationsNothingVaries() {
        try (SequenceEncoder encoder = encoder()) {
            assertThat(encoder.variesInTraining()).isFalse();
            assertThat(((EncodedText) encoder.encode(EXAMPLES).get(0)).trace())
                    .isEqualTo(new EncodedText.Trace.Whole());
        }
    }
}
