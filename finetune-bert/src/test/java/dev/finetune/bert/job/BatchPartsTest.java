package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.Encoded;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.PaddedBatches;
import dev.finetune.data.Text;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;

/** A batch that is computed in parts of similar length trains as the whole does. */
class BatchPartsTest {
    private static final int ROWS = 48;

    /** From a few words to as many as the model reads. */
    private static Dataset<Text> texts() {
        final List<Example<Text>> examples = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            final String words =
                    String.join(" ", Collections.nCopies(1 + i, Jobs.FILLERS.get(i % Jobs.FILLERS.size())));
            final boolean good = i % 3 == 0;
            examples.add(new Example<>(Text.of(words + (good ? " great" : " waste")), Label.of(good ? "good" : "bad")));
        }
        return Dataset.of(Text.class, examples);
    }

    private static FineTuner tuner() {
        return Jobs.classifier()
                .maxLength(64)
                .batchSize(ROWS)
                .regularization(r -> r.dropout(0))
                .epochs(6);
    }

    /** How many parts a batch of all the texts is computed in. */
    private static int parts(FineTuned<Text> model) {
        final int[] lengths = model.assembly().encoder().encode(texts().asList()).stream()
                .map(Encoded::length)
                .sorted(Comparator.reverseOrder())
                .mapToInt(Integer::intValue)
                .toArray();
        return PaddedBatches.ends(lengths, ROWS, PaddedBatches.OWN_COST_OF_A_PART)
                .size();
    }

    @Test
    void lossesAndGradientsAreThoseOfTheWholeBatch() {
        try (FineTuned<Text> parted = tuner().fitAll(texts());
                FineTuned<Text> whole =
                        tuner().batching(b -> b.groupByLength(false)).fitAll(texts())) {
            assertThat(parts(parted)).isGreaterThan(3);
            final List<StepReport> ours = Jobs.history(parted).steps();
            final List<StepReport> plain = Jobs.history(whole).steps();
            assertThat(ours).hasSameSizeAs(plain).hasSize(6);
            for (int i = 0; i < ours.size(); i++) {
                assertThat(ours.get(i).rows()).isEqualTo(ROWS);
                assertThat(ours.get(i).loss())
                        .as("loss of step %d", i)
                        .isCloseTo(plain.get(i).loss(), within(1e-5));
                final double norm = plain.get(i).gradientNorm();
                assertThat(ours.get(i).gradientNorm())
                        .as("gradients of step %d", i)
                        .isCloseTo(norm, within(1e-4 * norm));
            }
        }
    }

    @Test
    void stepsInPartsLeaveNothingBehind() {
        final List<Long> objects = new ArrayList<>();
        final FineTuner counting = tuner().epochs(20).listener(new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                objects.add(Pointer.totalCount());
            }
        });
        try (FineTuned<Text> tuned = counting.fitAll(texts())) {
            assertThat(parts(tuned)).isGreaterThan(3);
            assertThat(objects).hasSize(20);
            assertThat(objects.subList(3, 20))
                    .allSatisfy(count -> assertThat(count).isLessThanOrEqualTo(objects.get(3)));
        }
    }
}
