package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.fewshot.FewShot;
import dev.finetune.freeze.Freeze;
import dev.finetune.head.Heads;
import dev.finetune.peft.Lora;
import dev.finetune.report.LearningRateTest;
import dev.finetune.train.EpochReport;
import dev.finetune.train.Schedule;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import dev.finetune.train.WeightAverage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layer decay, gradual unfreezing and averaged weights in real jobs; the model has three layers. */
class GentleTrainingTest {
    @TempDir
    private Path folder;

    private final Recorder recorder = new Recorder();

    /** The stage that a parameter is in: 0 for the embeddings, 1 to 3 for the layers, 4 for pooler and classifier. */
    private static int stage(String name) {
        if (name.contains("embeddings.")) {
            return 0;
        }
        final int layer = name.indexOf("layer.");
        return layer < 0 ? 4 : 1 + Character.digit(name.charAt(layer + "layer.".length()), 10);
    }

    private static double farthest(float[] one, float[] other) {
        double most = 0;
        for (int i = 0; i < one.length; i++) {
            most = Math.max(most, Math.abs(one[i] - other[i]));
        }
        return most;
    }

    /** The stages in which something differs from the model as it was. */
    private static SortedSet<Integer> moved(FineTuner tuner, FineTuned<Text> tuned) {
        final SortedSet<Integer> moved = new TreeSet<>();
        try (FineTuned<Text> before = tuner.untrained(Text.class)) {
            final Map<String, float[]> start = Jobs.weights(before);
            Jobs.weights(tuned).forEach((name, values) -> {
                if (farthest(values, start.get(name)) > 0) {
                    moved.add(stage(name));
                }
            });
        }
        return moved;
    }

    private static Dataset<Text> reversed(int count, long seed) {
        return Jobs.data(count, seed)
                .map(example -> new Example<>(
                        example.input(), Label.of(example.label().equals(Label.of("good")) ? "bad" : "good")));
    }

    @Test
    void theFirstStepMovesEachStageByItsPowerOfTheFactor() {
        final FineTuner tuner =
                Jobs.classifier().regularization(r -> r.dropout(0)).maxSteps(1);
        try (FineTuned<Text> before = tuner.untrained(Text.class);
                FineTuned<Text> tuned =
                        tuner.preservation(p -> p.layerDecay(0.5)).fitAll(Jobs.data(32, 1))) {
            final Map<String, float[]> start = Jobs.weights(before);
            // Adam's first step is the rate itself wherever the gradient isn't tiny.
            Jobs.weights(tuned).forEach((name, values) -> {
                if (name.endsWith("output.dense.weight") || stage(name) % 4 == 0 && name.endsWith("weight")) {
                    final double rate = 2e-3 * Math.pow(0.5, 4 - stage(name));
                    assertThat(farthest(values, start.get(name))).as(name).isCloseTo(rate, within(0.02 * rate));
                }
            });
            assertThat(Jobs.history(tuned).steps().get(0).learningRate()).isEqualTo(2e-3);
        }
    }

    @Test
    void aFactorOfOneChangesNoBit() {
        try (FineTuned<Text> plain =
                        Jobs.classifier().epochs(1).weightDecay(0.1).fitAll(Jobs.data(40, 1));
                FineTuned<Text> one = Jobs.classifier()
                        .epochs(1)
                        .weightDecay(0.1)
                        .preservation(p -> p.layerDecay(1))
                        .fitAll(Jobs.data(40, 1))) {
            assertThat(Jobs.losses(one)).isEqualTo(Jobs.losses(plain));
        }
    }

    @Test
    void stagesAreUnfrozenFromTheTopAndTheOthersDontMoveAtAll() {
        final FineTuner tuner = Jobs.classifier()
                .weightDecay(0.1)
                .preservation(p -> p.gradualUnfreezing(1))
                .listener(recorder);
        try (FineTuned<Text> tuned = tuner.epochs(1).fitAll(Jobs.data(40, 1))) {
            assertThat(moved(tuner, tuned)).containsExactly(4);
            assertThat(recorder.warnings).singleElement().asString().contains("4 of 4 stages");
            assertThat(tuned.provenance().warnings()).isEqualTo(recorder.warnings);
        }
        try (FineTuned<Text> tuned = tuner.epochs(2).fitAll(Jobs.data(40, 1))) {
            assertThat(moved(tuner, tuned)).containsExactly(3, 4);
            assertThat(tuned.provenance().settings()).contains("gradual unfreezing: one more stage every 1 epochs");
        }
        try (FineTuned<Text> tuned =
                tuner.preservation(p -> p.gradualUnfreezing(0.5)).epochs(8).fit(Jobs.data(80, 1), Jobs.data(20, 2))) {
            assertThat(moved(tuner, tuned)).containsExactly(0, 1, 2, 3, 4);
            assertThat(tuned.evaluation().get("accuracy")).isGreaterThan(0.9);
            assertThat(tuned.assembly().network().parameters()).allMatch(parameter -> parameter.isTrained());
        }
    }

    @Test
    void whatIsFrozenIsNeverUnfrozen() {
        final FineTuner tuner = Jobs.classifier()
                .freeze(1)
                .preservation(p -> p.gradualUnfreezing(0.5))
                .weightDecay(0.1);
        try (FineTuned<Text> tuned = tuner.epochs(4).fitAll(Jobs.data(40, 1))) {
            assertThat(moved(tuner, tuned)).containsExactly(2, 3, 4);
            assertThat(tuned.assembly().network().parameters())
                    .allMatch(parameter -> parameter.isTrained() == stage(parameter.name()) > 1);
        }
    }

    @Test
    void keepingFrozenOutputsAgreesWithComputingThemWhileStagesAreUnfrozen() {
        for (boolean checkpointing : new boolean[] {false, true}) {
            FineTuner tuner = Jobs.classifier()
                    .regularization(r -> r.dropout(0))
                    .freeze(Freeze.embeddings())
                    .preservation(p -> p.gradualUnfreezing(1))
                    .epochs(5);
            tuner = checkpointing ? tuner.execution(e -> e.gradientCheckpointing(true)) : tuner;
            try (FineTuned<Text> keeping = tuner.fit(Jobs.data(40, 1), Jobs.data(20, 2));
                    FineTuned<Text> computing =
                            tuner.execution(e -> e.keepFrozenOutputs(false)).fit(Jobs.data(40, 1), Jobs.data(20, 2))) {
                final List<Double> ours = Jobs.losses(keeping);
                final List<Double> plain = Jobs.losses(computing);
                for (int i = 0; i < ours.size(); i++) {
                    assertThat(ours.get(i)).as("step %d", i).isCloseTo(plain.get(i), within(2e-4));
                }
                assertThat(moved(tuner, keeping)).containsExactly(1, 2, 3, 4);
            }
        }
    }

    @Test
    void theBestIsRestoredAlsoInStagesThatWereUnfrozenAfterIt() {
        final Dataset<Text> validation = reversed(40, 2);
        try (FineTuned<Text> tuned = Jobs.classifier()
                .preservation(p -> p.gradualUnfreezing(0.5))
                .epochs(4)
                .keepBest("loss")
                .fit(Jobs.data(80, 1), validation)) {
            final TrainingHistory history = Jobs.history(tuned);
            assertThat(history.best().orElseThrow().step())
                    .isLessThan(history.steps().size());
            assertThat(tuned.evaluate(validation).get("loss"))
                    .isEqualTo(loss(history.best().orElseThrow()));
        }
    }

    private static double loss(EpochReport report) {
        return report.validation().orElseThrow().get("loss");
    }

    @Test
    void averagesAreEvaluatedKeptAndSavedWhileTrainingGoesOnWithTheWeights() {
        final Dataset<Text> validation = Jobs.data(40, 2);
        final FineTuner tuner = Jobs.classifier().epochs(2).evaluation(e -> e.everySteps(4));
        for (WeightAverage average : List.of(WeightAverage.ema(0.9), WeightAverage.swa(0.5))) {
            final Path saved = folder.resolve(average.getClass().getSimpleName());
            try (FineTuned<Text> plain = tuner.fit(Jobs.data(80, 1), validation);
                    FineTuned<Text> averaged =
                            tuner.regularization(r -> r.average(average)).fit(Jobs.data(80, 1), validation)) {
                assertThat(Jobs.losses(averaged)).isEqualTo(Jobs.losses(plain));
                assertThat(averaged.evaluation().get("loss"))
                        .isNotEqualTo(plain.evaluation().get("loss"));
                assertThat(averaged.evaluate(validation).get("loss"))
                        .isEqualTo(averaged.evaluation().get("loss"));
                averaged.save(saved);
                try (FineTuned<Text> loaded = FineTuned.load(saved)) {
                    assertThat(Jobs.weights(loaded)).usingRecursiveComparison().isEqualTo(Jobs.weights(averaged));
                }
                assertThat(saved.resolve("README.md")).content().contains("weight average: " + average);
            }
        }
    }

    @Test
    void earlyStoppingAndTheBestLookAtTheAverages() {
        final Dataset<Text> validation = reversed(40, 2);
        try (FineTuned<Text> tuned = Jobs.classifier()
                .epochs(20)
                .evaluation(e -> e.everySteps(10))
                .earlyStopping("loss", 2, 0)
                .regularization(r -> r.average(WeightAverage.ema(0.8)))
                .fit(Jobs.data(160, 1), validation)) {
            final TrainingHistory history = Jobs.history(tuned);
            assertThat(history.end()).isEqualTo(TrainingHistory.End.EARLY_STOPPING);
            assertThat(tuned.evaluate(validation).get("loss"))
                    .isEqualTo(loss(history.best().orElseThrow()));
        }
    }

    @Test
    void averagesTakeNoMemoryFromStepToStepAndNoneAfterwards() {
        final List<Long> counts = new ArrayList<>();
        final FineTuner tuner = Jobs.classifier()
                .maxSteps(60)
                .regularization(r -> r.average(WeightAverage.ema(0.99)))
                .preservation(p -> p.gradualUnfreezing(1).layerDecay(0.8))
                .listener(new TrainingListener() {
                    @Override
                    public void stepped(StepReport report) {
                        counts.add(Pointer.totalCount());
                    }
                });
        tuner.fit(Jobs.data(32, 1), Jobs.data(16, 2)).close();
        assertThat(counts.get(59)).isLessThanOrEqualTo(counts.get(29));
        assertThat(left(tuner)).isLessThanOrEqualTo(left(Jobs.classifier().epochs(1)));
    }

    /** How many native objects there are after a run that were not before it. */
    private static long left(FineTuner tuner) {
        final long before = Pointer.totalCount();
        tuner.fit(Jobs.data(32, 1), Jobs.data(16, 2)).close();
        return Pointer.totalCount() - before;
    }

    @Test
    void theyGoTogetherAndWithLoraTiedWeightsAndFewExamples() {
        final FineTuner preservation = Jobs.classifier()
                .preservation(p -> p.layerDecay(0.9).gradualUnfreezing(0.5))
                .regularization(r -> r.average(WeightAverage.ema(0.95)))
                .schedule(Schedule.oneCycle());
        try (FineTuned<Text> tuned =
                preservation.lora(Lora.rank(4)).lr(1e-2).epochs(4).fit(Jobs.data(80, 1), Jobs.data(20, 2))) {
            assertThat(tuned.evaluation().get("loss")).isLessThan(0.7);
        }
        try (FineTuned<Text> tuned = preservation.fitFewShot(Jobs.data(12, 1), FewShot.usual())) {
            assertThat(tuned.predict(Text.of("great")).label()).isIn("good", "bad");
        }
        final FineTuner masked =
                preservation.head(Heads.maskedLm()).epochs(1).preservation(p -> p.gradualUnfreezing(10));
        try (FineTuned<Text> tuned = masked.fitAll(Jobs.unlabelled(40, 1))) {
            assertThat(moved(masked, tuned))
                    .as("the words' vectors, which the head predicts with, wait for the embeddings' turn")
                    .containsExactly(4);
        }
    }

    @Test
    void aLearningRateIsFoundForTheWholeNetwork() {
        final LearningRateTest.Range range = new LearningRateTest.Range(1e-5, 1e-1, 15);
        final FineTuner tuner = Jobs.classifier().preservation(p -> p.layerDecay(0.9));
        final LearningRateTest whole = tuner.findLearningRate(Jobs.data(40, 1), range);
        final LearningRateTest preservation = tuner.preservation(p -> p.gradualUnfreezing(1))
                .regularization(r -> r.average(WeightAverage.swa(0.5)))
                .findLearningRate(Jobs.data(40, 1), range);
        assertThat(preservation.points()).isEqualTo(whole.points());
    }

    @Test
    void aStreamIsUnfrozenPassByPass() {
        final Dataset<Text> stream = Dataset.streamed(Text.class, () -> Jobs.reviews(40, 1).stream());
        final FineTuner tuner = Jobs.classifier().preservation(p -> p.gradualUnfreezing(1));
        try (FineTuned<Text> one = tuner.maxSteps(5).fitAll(stream);
                FineTuned<Text> two = tuner.maxSteps(6).fitAll(stream)) {
            assertThat(moved(tuner, one)).containsExactly(4);
            assertThat(moved(tuner, two)).containsExactly(3, 4);
        }
    }

    @Test
    void settingsAreShownAndSaved() throws Exception {
        assertThat(Jobs.classifier().describe()).doesNotContain("layer decay", "unfreezing", "average");
        final FineTuner tuner = Jobs.classifier()
                .preservation(p -> p.layerDecay(0.85).gradualUnfreezing(0.25))
                .regularization(r -> r.average(WeightAverage.swa(0.75)))
                .schedule(Schedule.oneCycle())
                .epochs(1);
        assertThat(tuner.describe())
                .contains(
                        "layer decay: 0.85",
                        "gradual unfreezing: one more stage every 0.25 epochs",
                        "weight average: equal, of the steps after 0.75 of all",
                        "schedule: one cycle, from 1/25 of the peak and down to 1/10000 of that, warm-up ratio 0.3");
        try (FineTuned<Text> tuned = tuner.fitAll(Jobs.data(40, 1))) {
            tuned.save(folder);
        }
        assertThat(Files.readString(folder.resolve("finetune.json")))
                .contains("\"layer decay\"", "\"gradual unfreezing\"", "\"weight average\"");
    }

    @Test
    void nonsenseIsRefusedInTheWordsOfTheCall() {
        final FineTuner tuner = Jobs.classifier();
        assertThatThrownBy(() -> tuner.preservation(p -> p.layerDecay(1.2)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("layerDecay", "1.2");
        assertThatThrownBy(() -> tuner.preservation(p -> p.gradualUnfreezing(0)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("gradualUnfreezing", "0.0");
        assertThatThrownBy(() -> tuner.regularization(r -> r.average(WeightAverage.ema(1))))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("ema", "1.0");
    }
}
