package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import dev.finetune.Adapters;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.calibration.Calibration;
import dev.finetune.calibration.DecisionMetric;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.head.Prediction;
import dev.finetune.metrics.Metrics;
import dev.finetune.peft.Lora;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Honest probabilities and tuned decisions, from a small model to a saved one. */
class CalibrationTest {
    @TempDir
    private Path folder;

    /** Reviews of which every fifth is labelled wrongly, so that nobody can be sure. */
    private static Dataset<Text> noisy(int count, long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        return Jobs.data(count, seed)
                .map(example -> random.nextInt(5) > 0
                        ? example
                        : new Example<>(
                                example.input(), Label.of(example.label().equals(Label.of("good")) ? "bad" : "good")));
    }

    @Test
    void dataOfOneClassDecidesNothing() {
        final Dataset<Text> good = Dataset.of(
                Text.class,
                Jobs.texts(6, 1).stream()
                        .map(text -> new Example<>(text, Label.of("good")))
                        .toList());
        try (FineTuned<Text> model = Jobs.classifier().untrained(Jobs.data(8, 1))) {
            assertThatThrownBy(() -> model.tuneThresholds(good))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContainingAll("tuneThresholds", "all 6 rows", "[good]");
            assertThatThrownBy(() -> model.calibrate(good))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContainingAll("calibrate", "all 6 rows", "[good]");
        }
    }

    @Test
    void anOverconfidentModelIsTemperedDecidesTheSameAndIsSavedSo() {
        final Dataset<Text> validation = noisy(100, 2);
        final List<Text> texts = Jobs.texts(20, 3);
        final List<Prediction> tempered;
        try (FineTuned<Text> tuned = Jobs.classifier().epochs(12).fit(noisy(40, 1), validation)) {
            final Metrics before = tuned.evaluation();
            final FineTuned<Text> calibrated = tuned.calibrate(validation);
            assertThat(calibrated.calibration().temperature()).isGreaterThan(1.2);
            assertThat(calibrated.evaluation().get("log_loss")).isLessThan(before.get("log_loss"));
            assertThat(calibrated.evaluation().get("ece")).isLessThan(before.get("ece"));
            assertThat(calibrated.evaluation().get("accuracy")).isEqualTo(before.get("accuracy"));
            assertThat(calibrated.evaluation().get("loss")).isCloseTo(before.get("loss"), within(1e-9));
            assertThat(tuned.calibration()).isEqualTo(Calibration.NONE);
            tempered = calibrated.predict(texts);
            final List<Prediction> plain = tuned.predict(texts);
            for (int i = 0; i < texts.size(); i++) {
                assertThat(tempered.get(i).label()).isEqualTo(plain.get(i).label());
                assertThat(tempered.get(i).probability())
                        .isLessThan(plain.get(i).probability());
            }
            calibrated.save(folder);
        }
        try (FineTuned<Text> loaded = FineTuned.load(folder)) {
            assertThat(loaded.predict(texts))
                    .extracting(Prediction::probability)
                    .isEqualTo(tempered.stream().map(Prediction::probability).toList());
        }
        try (FineTuned<Text> plain = Jobs.classifier().untrained(Text.class)) {
            plain.save(folder);
        }
        assertThat(folder.resolve(Calibration.FILE)).doesNotExist();
    }

    @Test
    void aTunedThresholdIsObeyedByEvaluationAndPrediction() {
        final Dataset<Text> validation = noisy(60, 4);
        try (FineTuned<Text> tuned = Jobs.classifier().lr(5e-4).fit(noisy(24, 5), validation)) {
            final FineTuned<Text> calm = tuned.tuneThresholds(validation, DecisionMetric.f1());
            assertThat(calm.evaluation().get("f1"))
                    .isGreaterThanOrEqualTo(tuned.evaluation().get("f1"));
            final double threshold = calm.calibration().thresholds().get(0);
            for (Prediction prediction : calm.predict(Jobs.texts(30, 6))) {
                assertThat(prediction.label()).isEqualTo(prediction.probability("good") >= threshold ? "good" : "bad");
            }
            final FineTuned<Text> both = calm.calibrate(validation);
            assertThat(both.evaluation().get("f1")).isEqualTo(calm.evaluation().get("f1"));
        }
    }

    @Test
    void everyOfSeveralLabelsHasAThreshold() {
        final List<Example<Text>> sets = Jobs.reviews(60, 7).stream()
                .map(e -> new Example<Text>(
                        e.input(),
                        new Label.Categories(e.label().equals(Label.of("good")) ? Set.of("a", "b") : Set.of("b"))))
                .toList();
        final Dataset<Text> data = Dataset.of(Text.class, sets);
        try (FineTuned<Text> tuned = Jobs.classifier()
                .head(Heads.multiLabel("a", "b"))
                .loss(l -> l.focalGamma(2))
                .lr(3e-4)
                .fit(data, data)) {
            final FineTuned<Text> both = tuned.calibrate(data).tuneThresholds(data);
            assertThat(both.calibration().thresholds()).hasSize(2);
            assertThat(both.calibration().thresholds().get(1)).isEqualTo(0.5);
            assertThat(both.evaluation().get("f1_macro"))
                    .isGreaterThanOrEqualTo(tuned.evaluation().get("f1_macro"));
            both.save(folder);
            final List<Text> texts = Jobs.texts(10, 8);
            try (FineTuned<Text> loaded = FineTuned.load(folder)) {
                for (int i = 0; i < texts.size(); i++) {
                    final Prediction.Categories found = (Prediction.Categories) loaded.predict(texts.get(i));
                    assertThat(found.labels()).isEqualTo(((Prediction.Categories) both.predict(texts.get(i))).labels());
                    assertThat(found.labels().contains("a"))
                            .isEqualTo(found.probability("a")
                                    >= both.calibration().thresholds().get(0));
                }
            }
        }
    }

    @Test
    void anAdapterIsLoadedWithTheCalibrationThatItWasSavedWith() {
        final Dataset<Text> validation = noisy(60, 2);
        final Head head = Heads.classes("bad", "good");
        final JsonObject expected;
        try (FineTuned<Text> tuned =
                Jobs.classifier().lora(Lora.rank(2)).lr(1e-2).epochs(12).fit(noisy(40, 1), validation)) {
            final FineTuned<Text> calibrated = tuned.calibrate(validation).tuneThresholds(validation);
            assertThat(calibrated.calibration().temperature()).isNotEqualTo(1);
            calibrated.saveAdapter(folder);
            expected = calibrated.evaluation().toJson();
        }
        try (FineTuned<Text> loaded = Jobs.classifier().adapter(folder).untrained(Text.class);
                Adapters<Text> tasks = Adapters.over(Jobs.classifier(), Text.class)) {
            tasks.add("reviews", head, folder);
            assertThat(loaded.evaluate(validation).toJson()).isEqualTo(expected);
            assertThat(tasks.evaluate("reviews", validation).toJson()).isEqualTo(expected);
        }
        try (FineTuned<Text> plain = Jobs.classifier().lora(Lora.rank(2)).untrained(Text.class)) {
            plain.saveAdapter(folder);
        }
        assertThat(folder.resolve(Calibration.FILE)).doesNotExist();
    }

    @Test
    void aSavedModelIsEvaluatedAsItWasSavedUnlessItGetsAnotherHead() {
        final Dataset<Text> validation = noisy(60, 2);
        try (FineTuned<Text> tuned = Jobs.classifier().maxLength(6).epochs(12).fit(noisy(40, 1), validation)) {
            final FineTuned<Text> calibrated = tuned.calibrate(validation).tuneThresholds(validation);
            calibrated.save(folder);
            try (FineTuned<Text> loaded = FineTuner.from(folder).untrained(Text.class);
                    FineTuned<Text> longer =
                            FineTuner.from(folder).maxLength(32).untrained(Text.class);
                    FineTuned<Text> other =
                            FineTuner.from(folder).head("a", "b").untrained(Text.class)) {
                assertThat(loaded.evaluate(validation).toJson())
                        .isEqualTo(calibrated.evaluation().toJson());
                assertThat(longer.evaluate(validation).toJson())
                        .isNotEqualTo(calibrated.evaluation().toJson());
                assertThat(longer.calibration()).isEqualTo(calibrated.calibration());
                assertThat(other.calibration()).isEqualTo(Calibration.NONE);
            }
        }
    }

    @Test
    void closingEitherClosesBothAndHeadsWithoutClassesAreRefused() {
        final Dataset<Text> data = Jobs.data(10, 1);
        final FineTuned<Text> plain = Jobs.classifier().untrained(Text.class);
        plain.calibrate(data).close();
        assertThatThrownBy(() -> plain.predict(Text.of("great")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
        plain.close();
        try (FineTuned<Text> numbers =
                Jobs.classifier().head(Heads.regression()).untrained(Text.class)) {
            assertThatThrownBy(() -> numbers.calibrate(data))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("Regression");
        }
    }
}
