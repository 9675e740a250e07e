package dev.finetune.bert.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MaskedEncoderTest {
    private static MaskedEncoder encoder(Masking masking) {
        Tokenizer tokenizer = Tokenizer.open(Fixtures.bertModel());
        return new MaskedEncoder(tokenizer, TextLayout.of(tokenizer, 48, true), masking);
    }

    private static List<Example<Text>> examples(int count) {
        Random random = new Random(8);
        String[] words = {"the", "product", "arrived", "[SEP]", "perfectly", "thinking", "zebra", "[MASK]", "."};
        List<Example<Text>> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            StringBuilder text = new StringBuilder("time");
            for (int n = random.nextInt(20); n > 0; n--) {
                text.append(' ').append(words[random.nextInt(words.length)]);
            }
            examples.add(new Example<>(Text.of(text.toString()), Label.none()));
        }
        return examples;
    }

    private static long[] column(HostBatch batch, String name) {
        return ((HostTensor.Longs) batch.columns().get(name)).data();
    }

    private static long[] plain(List<Encoded> rows) {
        return ((HostTensor.Longs) new TextCollator(new TextLayout(48, true, 0))
                        .columns(rows)
                        .get("input_ids"))
                .data();
    }

    @Test
    void theSharesAreThoseOfTheSettings() {
        try (MaskedEncoder encoder = encoder(Masking.standard())) {
            List<Encoded> rows = encoder.encode(examples(400));
            long[] ids = plain(rows);
            double chosen = 0;
            double masked = 0;
            double kept = 0;
            double candidates = 0;
            for (int seed = 0; seed < 12; seed++) {
                HostBatch batch = encoder.collate(rows, new CollateContext(CollateContext.Purpose.TRAINING, seed));
                long[] inputs = column(batch, "input_ids");
                long[] labels = column(batch, "labels");
                for (int i = 0; i < ids.length; i++) {
                    boolean special = ids[i] == 0 || (ids[i] >= 2 && ids[i] <= 4);
                    candidates += special ? 0 : 1;
                    if (labels[i] == Target.IGNORED) {
                        assertThat(inputs[i]).isEqualTo(ids[i]);
                    } else {
                        assertThat(special).isFalse();
                        assertThat(labels[i]).isEqualTo(ids[i]);
                        assertThat(inputs[i]).isBetween(0L, 276L);
                        chosen++;
                        masked += inputs[i] == 4 ? 1 : 0;
                        kept += inputs[i] == ids[i] ? 1 : 0;
                    }
                }
            }
            assertThat(chosen / candidates).isCloseTo(0.15, within(0.006));
            assertThat(masked / chosen).isCloseTo(0.8, within(0.02));
            assertThat(kept / chosen).isCloseTo(0.1, within(0.015));
        }
    }

    @Test
    void theSeedAloneDecides() {
        try (MaskedEncoder encoder = encoder(Masking.standard());
                MaskedEncoder other = encoder(Masking.standard())) {
            List<Encoded> rows = encoder.encode(examples(32));
            long[] first =
                    column(encoder.collate(rows, new CollateContext(CollateContext.Purpose.TRAINING, 5)), "input_ids");
            long[] again =
                    column(other.collate(rows, new CollateContext(CollateContext.Purpose.EVALUATION, 5)), "input_ids");
            long[] differently =
                    column(encoder.collate(rows, new CollateContext(CollateContext.Purpose.TRAINING, 6)), "input_ids");
            assertThat(again).isEqualTo(first);
            assertThat(differently).isNotEqualTo(first);
        }
    }

    @Test
    void aBatchAlwaysHasSomethingToGuess() {
        try (MaskedEncoder encoder = encoder(Masking.standard().withProbability(1e-9))) {
            List<Encoded> rows = encoder.encode(examples(3));
            for (int seed = 0; seed < 50; seed++) {
                long[] labels = column(
                        encoder.collate(rows, new CollateContext(CollateContext.Purpose.EVALUATION, seed)), "labels");
                assertThat(Arrays.stream(labels)).anyMatch(label -> label != Target.IGNORED);
            }
        }
    }

    @Test
    void wholeWordsAreHiddenTogether() {
        try (MaskedEncoder encoder = encoder(new Masking(0.3, 1, 0, true))) {
            List<Encoded> rows = encoder.encode(examples(60));
            try (Tokenizer tokenizer = Tokenizer.open(Fixtures.bertModel())) {
                long[] ids = plain(rows);
                long[] labels =
                        column(encoder.collate(rows, new CollateContext(CollateContext.Purpose.TRAINING, 3)), "labels");
                int pieces = 0;
                for (int i = 1; i < ids.length; i++) {
                    if (tokenizer.token((int) ids[i]).startsWith("##")) {
                        pieces++;
                        assertThat(labels[i] == Target.IGNORED).isEqualTo(labels[i - 1] == Target.IGNORED);
                    }
                }
                assertThat(pieces).isGreaterThan(100);
                assertThat(Arrays.stream(labels)).anyMatch(label -> label != Target.IGNORED);
            }
        }
    }

    @Test
    void blankLinesMakeNoRow() {
        try (MaskedEncoder encoder = encoder(Masking.standard())) {
            List<Example<Text>> examples = List.of(
                    new Example<>(Text.of(" "), Label.none()),
                    new Example<>(Text.of("the time"), Label.none()),
                    new Example<>(Text.of("[SEP]"), Label.none()));
            assertThat(encoder.encode(examples)).hasSize(1);
        }
    }

    @Test
    void impossibleSharesAreRefused() {
        assertThatThrownBy(() -> new Masking(0, 0.8, 0.1, false)).isInstanceOf(FinetuneException.class);
        assertThatThrownBy(() -> new Masking(0.15, 0.8, 0.3, false)).hasMessageContaining("0.3");
    }
}
