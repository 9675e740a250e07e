package dev.finetune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.freeze.Freeze;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import dev.finetune.head.Prediction;
import dev.finetune.letters.Letters;
import dev.finetune.train.Cancellation;
import dev.finetune.train.Checkpoints;
import dev.finetune.train.EpochReport;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an application types, on a family of core's own tests. */
class FacadeTest {
    private static final Text WORD = Text.of("pony");

    @TempDir
    private static Path shared;

    @TempDir
    private Path folder;

    private static Path base;

    @BeforeAll
    static void writeBase() {
        base = Letters.base(shared);
    }

    private static FineTuner tuner() {
        return Letters.tuner(base);
    }

    /** Examples of these words with other labels. */
    private static Dataset<Text> labelled(Function<String, Label> label) {
        return Letters.data(64, 1)
                .map(example -> new Example<>(
                        example.input(), label.apply(example.input().text())));
    }

    @Test
    void aModelIsFrozenGivenAHeadTrainedEvaluatedSavedAndLoadedWithEqualOutputs() {
        final List<Prediction> before;
        final List<Text> words =
                Letters.words(20, 3).stream().map(Example::input).toList();
        try (FineTuned<Text> tuned = tuner().freeze(1).fit(Letters.data(120, 1));
                FineTuned<Text> start = tuner().untrained(Text.class)) {
            assertThat(tuned.evaluation().get("accuracy")).isGreaterThan(0.9);
            assertThat(tuned.evaluate(Letters.data(100, 2)).get("accuracy")).isGreaterThan(0.9);
            assertThat(tuned.predict(WORD).label()).isEqualTo("late");
            final Map<String, float[]> unchanged = Letters.weights(start);
            Letters.weights(tuned).forEach((name, values) -> {
                final boolean frozen = name.contains("embeddings") || name.contains("layer.0.");
                assertThat(Arrays.equals(values, unchanged.get(name))).as(name).isEqualTo(frozen);
            });
            assertThat(tuned.summary()).contains("embeddings", "layer.1", "frozen");
            assertThat(tuned.toString()).contains("one of 2 classes", "accuracy");
            before = tuned.predict(words);
            tuned.save(folder.resolve("saved"));
        }
        assertThat(folder.resolve("saved"))
                .isDirectoryContaining("glob:**/config.json")
                .isDirectoryContaining("glob:**/model.safetensors")
                .isDirectoryContaining("glob:**/letters.txt")
                .isDirectoryContaining("glob:**/README.md");
        try (FineTuned<Text> loaded = FineTuned.load(folder.resolve("saved"), Text.class)) {
            assertThat(loaded.labels()).containsExactly("early", "late");
            final List<Prediction> after = loaded.predict(words);
            for (int i = 0; i < words.size(); i++) {
                assertThat(after.get(i).logits().get(0))
                        .isEqualTo(before.get(i).logits().get(0));
            }
        }
    }

    @Test
    void equalSeedsGiveEqualBitsAndOthersOthers() {
        try (FineTuned<Text> first = tuner().epochs(1).fitAll(Letters.data(32, 1));
                FineTuned<Text> second = tuner().epochs(1).fitAll(Letters.data(32, 1));
                FineTuned<Text> other = tuner().epochs(1).seed(7).fitAll(Letters.data(32, 1))) {
            final float[] logits = first.predict(WORD).logits().get(0);
            assertThat(second.predict(WORD).logits().get(0)).isEqualTo(logits);
            assertThat(other.predict(WORD).logits().get(0)).isNotEqualTo(logits);
        }
    }

    @Test
    void labelsSayTheHeadOfSeveralLabelsAndOfNumbersAndSavedItIsTheSame() {
        final Dataset<Text> several =
                labelled(word -> new Label.Categories(word.length() > 7 ? Set.of("long", "word") : Set.of("word")));
        try (FineTuned<Text> tuned = tuner().head(Heads.multiLabel()).fit(several)) {
            assertThat(tuned.labels()).containsExactlyInAnyOrder("long", "word");
            tuned.save(folder.resolve("several"));
        }
        try (FineTuned<Text> loaded = FineTuned.load(folder.resolve("several"))) {
            assertThat(loaded.predict(WORD, Prediction.Categories.class).labels())
                    .contains("word");
        }
        final Dataset<Text> numbers = labelled(word -> Label.of(word.length() / 10.0));
        try (FineTuned<Text> tuned = tuner().head(Heads.regression()).fit(numbers)) {
            assertThat(tuned.evaluation().names()).contains("loss");
            tuned.save(folder.resolve("number"));
            try (FineTuned<Text> loaded = FineTuned.load(folder.resolve("number"))) {
                assertThat(loaded.predict(WORD).logits().get(0))
                        .isEqualTo(tuned.predict(WORD).logits().get(0));
            }
        }
    }

    @Test
    void anotherHeadStartsFromASavedModelAndItsOwnHeadIsTakenOver() {
        try (FineTuned<Text> tuned = tuner().fitAll(Letters.data(64, 1))) {
            tuned.save(folder.resolve("saved"));
            try (FineTuned<Text> turned = FineTuner.from(folder.resolve("saved"))
                    .head("late", "early")
                    .untrained(Text.class)) {
                final float[] logits = tuned.predict(WORD).logits().get(0);
                assertThat(turned.predict(WORD).logits().get(0)).containsExactly(logits[1], logits[0]);
            }
            try (FineTuned<Text> three =
                    FineTuner.from(folder.resolve("saved")).head("a", "b", "c").untrained(Text.class)) {
                assertThat(three.loadReport().toString()).contains("classifier.weight");
                assertThat(Letters.weights(three).get("letters.layer.1.dense.weight"))
                        .isEqualTo(Letters.weights(tuned).get("letters.layer.1.dense.weight"));
            }
        }
    }

    @Test
    void listenersHearAllOfATrainingAndItsHistorySaysTheSame() {
        final List<String> heard = new ArrayList<>();
        final TrainingListener listener = new TrainingListener() {
            @Override
            public void started(Plan plan) {
                heard.add("started: " + plan.rows() + " rows, " + plan.steps() + " steps");
            }

            @Override
            public void stepped(StepReport report) {
                heard.add("step");
            }

            @Override
            public void evaluated(EpochReport report) {
                heard.add("evaluated: " + report.step());
            }

            @Override
            public void finished(TrainingHistory history) {
                heard.add("finished: " + history.end().words());
            }
        };
        try (FineTuned<Text> tuned =
                tuner().epochs(2).batchSize(16).listener(listener).fit(Letters.data(32, 1), Letters.data(16, 2))) {
            assertThat(heard)
                    .containsExactly(
                            "started: 32 rows, 4 steps",
                            "step",
                            "step",
                            "evaluated: 2",
                            "step",
                            "step",
                            "evaluated: 4",
                            "finished: finished");
            assertThat(tuned.history().orElseThrow().steps())
                    .allMatch(step -> Double.isFinite(step.loss()))
                    .hasSize(4);
        }
    }

    /** What a fit on classes of 38 and 2 rows warns of, in one text. */
    private static String warnings(FineTuner tuner) {
        final List<Example<Text>> words = Letters.words(40, 1);
        final List<Example<Text>> rows = new ArrayList<>();
        for (Example<Text> word : words) {
            rows.add(new Example<>(word.input(), Label.of(rows.size() < 2 ? "late" : "early")));
        }
        final List<String> warned = new ArrayList<>();
        tuner.epochs(1)
                .listener(new TrainingListener() {
                    @Override
                    public void warned(String message) {
                        warned.add(message);
                    }
                })
                .fitAll(Dataset.of(Text.class, rows))
                .close();
        return String.join("\n", warned);
    }

    @Test
    void classesOutOfBalanceAreWarnedOfUnlessTheyAreDrawnOrWeighedEvenly() {
        assertThat(warnings(tuner())).contains("out of balance", "late (2)");
        assertThat(warnings(tuner().batching(b -> b.balancedSampling(true))))
                .contains("late (2)")
                .doesNotContain("out of balance");
        assertThat(warnings(tuner().loss(l -> l.balancedClassWeights()))).doesNotContain("out of balance");
    }

    private static TrainingListener cancelling(Cancellation cancellation, int step) {
        return new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                if (report.step() == step) {
                    cancellation.cancel();
                }
            }
        };
    }

    @Test
    void aCancelledTrainingKeepsWhatItLearnedAndGoesOnFromItsCheckpointToTheSameModel() {
        final Dataset<Text> train = Letters.data(64, 1);
        final Dataset<Text> validation = Letters.data(16, 2);
        final Cancellation cancellation = new Cancellation();
        try (FineTuned<Text> stopped = tuner().checkpoints(Checkpoints.in(folder))
                        .cancellation(cancellation)
                        .listener(cancelling(cancellation, 5))
                        .fit(train, validation);
                FineTuned<Text> resumed = tuner().resumeFrom(folder).fit(train, validation);
                FineTuned<Text> whole = tuner().fit(train, validation)) {
            assertThat(stopped.history().orElseThrow().end()).isEqualTo(TrainingHistory.End.CANCELLED);
            assertThat(stopped.history().orElseThrow().steps()).hasSize(5);
            assertThatThrownBy(stopped::evaluation).isInstanceOf(IllegalStateException.class);
            assertThat(resumed.history().orElseThrow().steps())
                    .isEqualTo(whole.history().orElseThrow().steps());
            final Map<String, float[]> weights = Letters.weights(whole);
            Letters.weights(resumed)
                    .forEach((name, values) -> assertThat(values).as(name).isEqualTo(weights.get(name)));
            assertThat(resumed.evaluation().toJson())
                    .isEqualTo(whole.evaluation().toJson());
        }
    }

    @Test
    void aFewExamplesTeachByPairsAndVectorsLearnWhatIsAlike() {
        try (FineTuned<Text> tuned = tuner().fitFewShot(Letters.data(16, 1))) {
            assertThat(tuned.evaluate(Letters.data(60, 2)).get("accuracy")).isGreaterThan(0.8);
        }
        final float[] vector;
        try (FineTuned<Text> tuned = FineTuner.from(base).lr(0.01).batchSize(2).fitContrastive(Letters.data(32, 1))) {
            vector = tuned.predict(WORD, Prediction.Vector.class).vector();
            tuned.save(folder);
        }
        try (Embedder<String> embedder = FineTuner.from(folder).embedder(Pooling.MEAN);
                Embedder<String> before = FineTuner.from(base).embedder(Pooling.MEAN)) {
            assertThat(embedder.embed("pony")).hasSize(12).isEqualTo(vector);
            assertThat(before.embed("pony")).isNotEqualTo(vector);
        }
    }

    @Test
    void calibrationChangesProbabilitiesNotDecisionsAndIsSaved() {
        try (FineTuned<Text> tuned = tuner().epochs(1).fitAll(Letters.data(32, 1));
                FineTuned<Text> calibrated = tuned.calibrate(Letters.data(60, 2))) {
            assertThat(calibrated.predict(WORD).label())
                    .isEqualTo(tuned.predict(WORD).label());
            assertThat(calibrated.calibration().temperature()).isNotEqualTo(1);
            calibrated.save(folder);
            try (FineTuned<Text> loaded = FineTuned.load(folder)) {
                assertThat(loaded.predict(WORD).probabilities().get("late"))
                        .isCloseTo(calibrated.predict(WORD).probabilities().get("late"), within(1e-12));
            }
        }
    }

    @Test
    void aWholeRunLeavesNoNativeObjectBehind() throws Exception {
        run("warm"); // What is made once a process.
        final long before = Pointer.totalCount();
        run("counted");
        assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
    }

    private void run(String name) throws Exception {
        final Path saved = Files.createDirectories(folder.resolve(name));
        try (FineTuned<Text> tuned =
                tuner().freeze(Freeze.embeddings()).epochs(1).fit(Letters.data(32, 1))) {
            tuned.predict(WORD);
            tuned.save(saved);
        }
        try (FineTuned<Text> loaded = FineTuned.load(saved, Text.class)) {
            loaded.evaluate(Letters.data(16, 2));
        }
    }

    @Test
    void aClosedModelSaysSo() {
        final FineTuned<Text> tuned = tuner().untrained(Text.class);
        tuned.close();
        tuned.close();
        assertThatThrownBy(() -> tuned.predict(WORD))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
        assertThat(tuned.toString()).contains("closed");
    }
}
