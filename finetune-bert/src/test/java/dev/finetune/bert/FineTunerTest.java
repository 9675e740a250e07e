package dev.finetune.bert;

import static dev.finetune.testkit.Numbers.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.Embedder;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Question;
import dev.finetune.data.Text;
import dev.finetune.data.Words;
import dev.finetune.error.FinetuneException;
import dev.finetune.freeze.Freeze;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import dev.finetune.head.Prediction;
import dev.finetune.train.Cancellation;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main job on small checkpoints, from a directory to a saved model. */
class FineTunerTest {
    private static final Path MODELS = Path.of("src/test/resources/golden");
    private static final List<String> FILLERS =
            List.of("the", "product", "screen", "mail", "price", "sound", "and", "within", "an", "hour");

    @TempDir
    private Path folder;

    private static FineTuner tuner() {
        return FineTuner.from(MODELS.resolve("bert-sequence-classification/model"))
                .head("bad", "good")
                .maxLength(32)
                .lr(2e-3);
    }

    /** Texts whose class is told by one word. */
    private static List<Example<Text>> reviews(int count, long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final List<Example<Text>> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final boolean good = i % 2 == 0;
            final StringBuilder text = new StringBuilder(good ? "great" : "waste");
            for (int j = random.nextInt(2, 12); j > 0; j--) {
                text.append(' ').append(FILLERS.get(random.nextInt(FILLERS.size())));
            }
            examples.add(new Example<>(Text.of(text.toString()), Label.of(good ? "good" : "bad")));
        }
        return examples;
    }

    private static Dataset<Text> data(int count, long seed) {
        return Dataset.of(Text.class, reviews(count, seed));
    }

    @Test
    void aSeparableProblemIsLearnedEvaluatedPredictedSavedAndLoaded() {
        final Prediction before;
        try (FineTuned<Text> tuned = tuner().fit(data(120, 1), data(40, 2))) {
            assertThat(tuned.evaluation().get("accuracy")).isGreaterThan(0.95);
            assertThat(tuned.history().orElseThrow().epochs()).hasSize(3);
            final List<Prediction> both = tuned.predict(
                    List.of(Text.of("waste of money , what a waste of an hour and a screen"), Text.of("great")));
            assertThat(both).extracting(Prediction::label).containsExactly("bad", "good");
            assertThat(both.get(0).probability("bad") + both.get(0).probability("good"))
                    .isCloseTo(1, within(1e-12));
            before = tuned.predict(Text.of("great price"));
            tuned.save(folder);
            tuned.save(folder);
        }
        try (FineTuned<Text> loaded = FineTuned.load(folder)) {
            assertThat(loaded.labels()).containsExactly("bad", "good");
            assertThat(loaded.predict(Text.of("great price")).logits().get(0))
                    .isEqualTo(before.logits().get(0));
        }
        assertThat(folder).isDirectoryContaining("glob:**/{config.json,model.safetensors,README.md,finetune.json}");
    }

    @Test
    void oneDataSetIsSplitAndTheHeldBackPartEvaluated() {
        try (FineTuned<Text> tuned =
                tuner().epochs(1).evaluation(e -> e.validationFraction(0.25)).fit(data(80, 3))) {
            assertThat(tuned.evaluation().confusion().orElseThrow().total()).isEqualTo(20);
            assertThat(tuned.evaluation().confusion().orElseThrow().support(0)).isEqualTo(10);
        }
    }

    @Test
    void equalSeedsGiveEqualBitsAlsoWhenTwoTrainAtOnce() throws InterruptedException {
        final FineTuner tuner = tuner().regularization(r -> r.dropout(0.1)).epochs(1);
        final float[] alone = logits(tuner.seed(7));
        final float[][] together = new float[2][];
        final Thread other = new Thread(() -> together[1] = logits(tuner.seed(8)));
        other.start();
        together[0] = logits(tuner.seed(7));
        other.join();
        assertThat(together[0]).isEqualTo(alone);
        assertThat(together[1]).isNotEqualTo(alone);
    }

    private static float[] logits(FineTuner tuner) {
        try (FineTuned<Text> tuned = tuner.fitAll(data(64, 4))) {
            return tuned.predict(Text.of("great sound")).logits().get(0);
        }
    }

    @Test
    void accumulatedBatchesAreOneBatchAlsoWhenTheLastIsSmaller() {
        final FineTuner tuner =
                tuner().batching(b -> b.shuffle(false).groupByLength(false)).epochs(1);
        final List<StepReport> whole = steps(tuner.batchSize(12));
        final List<StepReport> parts = steps(tuner.batchSize(4).optimization(o -> o.accumulate(3)));
        assertThat(parts).hasSameSizeAs(whole);
        for (int i = 0; i < whole.size(); i++) {
            assertThat(parts.get(i).loss()).isCloseTo(whole.get(i).loss(), within(1e-5));
            assertThat(parts.get(i).gradientNorm())
                    .isCloseTo(
                            whole.get(i).gradientNorm(),
                            within(1e-3 * whole.get(i).gradientNorm()));
        }
    }

    @Test
    void checkpointedGradientsAreThoseOfThePlainPassWithDropout() {
        final FineTuner tuner = tuner().regularization(r -> r.dropout(0.2)).epochs(1);
        final List<StepReport> plain = steps(tuner);
        final List<StepReport> checkpointed = steps(tuner.execution(e -> e.gradientCheckpointing(true)));
        for (int i = 0; i < plain.size(); i++) {
            assertThat(checkpointed.get(i).loss()).isCloseTo(plain.get(i).loss(), within(1e-4));
        }
    }

    private static List<StepReport> steps(FineTuner tuner) {
        try (FineTuned<Text> tuned = tuner.fitAll(data(42, 5))) {
            return tuned.history().orElseThrow().steps();
        }
    }

    @Test
    void frozenLayersKeepTheirBits() {
        try (FineTuned<Text> before = tuner().untrained(Text.class);
                FineTuned<Text> after = tuner().freeze(2).epochs(1).fitAll(data(40, 6))) {
            final var old = before.assembly().network().parameters();
            final var now = after.assembly().network().parameters();
            for (int i = 0; i < old.size(); i++) {
                final boolean same = dev.finetune.internal.torch.Tensors.floats(
                                old.get(i).value())[0]
                        == dev.finetune.internal.torch.Tensors.floats(now.get(i).value())[0];
                final boolean frozen = now.get(i).name().contains("embeddings")
                        || now.get(i).name().contains("layer.0.")
                        || now.get(i).name().contains("layer.1.");
                assertThat(now.get(i).isTrained()).as(now.get(i).name()).isEqualTo(!frozen);
                if (frozen) {
                    assertThat(same).as(now.get(i).name()).isTrue();
                    assertThat(now.get(i).value().grad().defined()).isFalse();
                }
            }
        }
    }

    @Test
    void whatIsFrozenCanBeNamedAndUnfrozen() {
        assertThat(tuner().freeze(Freeze.allButHead())
                        .unfreeze(Freeze.matching("layer\\.2\\.output"))
                        .summary())
                .contains("layer.2", "partly frozen", "trained", "total");
        assertThatThrownBy(
                        () -> tuner().freeze(Freeze.matching("nothing.like.it")).summary())
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("names no parameter");
        assertThatThrownBy(() -> tuner().freeze(Freeze.where(name -> true)).fitAll(data(8, 1)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("Every parameter is frozen");
    }

    @Test
    void aBareHeadAtALowRateIsWarnedOf() {
        final List<String> warnings = new ArrayList<>();
        try (FineTuned<Text> tuned = tuner().freeze(Freeze.allButHead())
                .lr(5e-5)
                .epochs(1)
                .listener(new TrainingListener() {
                    @Override
                    public void warned(String message) {
                        warnings.add(message);
                    }
                })
                .fitAll(data(16, 1))) {
            assertThat(tuned.provenance().warnings()).isEqualTo(warnings);
        }
        assertThat(warnings).anyMatch(warning -> warning.contains("too low for a bare head"));
    }

    @Test
    void theBestEpochIsRestored() {
        final Dataset<Text> validation = data(30, 9);
        try (FineTuned<Text> tuned = tuner().lr(5e-3).epochs(4).keepBest("loss").fit(data(60, 8), validation)) {
            final double best = tuned.history().orElseThrow().epochs().stream()
                    .mapToDouble(report -> report.validation().orElseThrow().get("loss"))
                    .min()
                    .orElseThrow();
            assertThat(tuned.evaluation().get("loss")).isEqualTo(best);
            assertThat(tuned.evaluate(validation).get("loss")).isCloseTo(best, within(1e-9));
        }
    }

    @Test
    void cancellingStopsAfterTheStepUnderWayAndKeepsTheModel() {
        final Cancellation cancellation = new Cancellation();
        try (FineTuned<Text> tuned = tuner().cancellation(cancellation)
                .listener(new TrainingListener() {
                    @Override
                    public void stepped(StepReport report) {
                        if (report.step() == 3) {
                            cancellation.cancel();
                        }
                    }
                })
                .fitAll(data(80, 1))) {
            assertThat(tuned.history().orElseThrow().steps()).hasSize(3);
            assertThat(tuned.history().orElseThrow().end()).isEqualTo(TrainingHistory.End.CANCELLED);
            assertThat(tuned.predict(Text.of("great")).label()).isIn("good", "bad");
        }
    }

    @Test
    void aLossThatIsNotFiniteStopsWithStepAndRows() {
        final List<Example<Text>> examples = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            examples.add(new Example<>(Text.of("price " + i), Label.of(i == 9 ? Double.NaN : i)));
        }
        assertThatThrownBy(() -> tuner().head(Heads.regression())
                        .batching(b -> b.shuffle(false).groupByLength(false))
                        .fitAll(Dataset.of(Text.class, examples)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("step 2")
                .hasMessageContaining("rows 8, 9");
    }

    @Test
    void aStreamTrainsForAGivenNumberOfStepsAndAsksForItOtherwise() {
        final Dataset<Text> stream = Dataset.streamed(Text.class, () -> reviews(100, 1).stream());
        try (FineTuned<Text> tuned = tuner().maxSteps(20).fitAll(stream)) {
            assertThat(tuned.history().orElseThrow().steps()).hasSize(20);
        }
        assertThatThrownBy(() -> tuner().fitAll(stream))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("maxSteps");
    }

    @Test
    void useAfterCloseIsAJavaErrorAndPredictionsMayRunAtOnce() {
        final FineTuned<Text> tuned = tuner().untrained(Text.class);
        final List<Text> texts = reviews(40, 3).stream().map(Example::input).toList();
        final List<String> alone =
                tuned.predict(texts).stream().map(Prediction::label).toList();
        final List<String> atOnce = IntStream.range(0, texts.size())
                .parallel()
                .mapToObj(i -> tuned.predict(texts.get(i)).label())
                .toList();
        assertThat(atOnce).isEqualTo(alone);
        tuned.close();
        tuned.close();
        assertThatThrownBy(() -> tuned.predict(texts.get(0)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void regressionAndMultiLabelHeadsLearn() {
        final List<Example<Text>> numbers = reviews(80, 1).stream()
                .map(e -> new Example<>(e.input(), Label.of(e.label().equals(Label.of("good")) ? 2.0 : -1.0)))
                .toList();
        try (FineTuned<Text> tuned =
                tuner().epochs(10).head(Heads.regression()).fitAll(Dataset.of(Text.class, numbers))) {
            assertThat(tuned.predict(Text.of("great sound")).value())
                    .isGreaterThan(tuned.predict(Text.of("waste sound")).value() + 1);
        }
        final List<Example<Text>> sets = reviews(80, 1).stream()
                .map(e -> new Example<Text>(
                        e.input(),
                        new Label.Categories(e.label().equals(Label.of("good")) ? Set.of("a", "b") : Set.of("b"))))
                .toList();
        try (FineTuned<Text> tuned =
                tuner().epochs(10).head(Heads.multiLabel("a", "b")).fitAll(Dataset.of(Text.class, sets))) {
            assertThat(tuned.predict(Text.of("great sound")).probability("a")).isGreaterThan(0.5);
            assertThat(tuned.predict(Text.of("waste sound")).probability("a")).isLessThan(0.5);
        }
    }

    @Test
    void wordsAreTagged() {
        final List<Example<Words>> sentences = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            final String filler = FILLERS.get(i % FILLERS.size());
            sentences.add(new Example<>(
                    Words.of(filler, "great", "sound", filler), new Label.Tags(List.of("O", "B-X", "I-X", "O"))));
        }
        try (FineTuned<Words> tuned = FineTuner.from(MODELS.resolve("bert-token-classification/model"))
                .head(Heads.tokens())
                .maxLength(32)
                .lr(2e-3)
                .fit(Dataset.of(Words.class, sentences), Dataset.of(Words.class, sentences.subList(0, 10)))) {
            assertThat(tuned.evaluation().get("f1")).isGreaterThan(0.9);
            assertThat(((Prediction.Tags) tuned.predict(Words.of("mail", "great", "sound", "price"))).tags())
                    .containsExactly("O", "B-X", "I-X", "O");
        }
    }

    @Test
    void partsOfSpeechAreScoredAsClassesAndUnreadWordsHaveNoTag() {
        final List<Example<Words>> sentences = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            sentences.add(new Example<>(
                    Words.of("the", FILLERS.get(i % FILLERS.size()), "works"),
                    new Label.Tags(List.of("DET", "NOUN", "VERB"))));
        }
        final Dataset<Words> data = Dataset.of(Words.class, sentences);
        try (FineTuned<Words> tuned = FineTuner.from(MODELS.resolve("bert-token-classification/model"))
                .head(Heads.tokens())
                .maxLength(5)
                .lr(1e-7)
                .epochs(1)
                .fit(data, data)) {
            assertThat(tuned.evaluation().get("f1"))
                    .isEqualTo(tuned.evaluation().get("accuracy"))
                    .isLessThan(0.9);
            final Prediction.Tags tags =
                    tuned.predict(Words.of("the", "\u00ad", "great", "price", "works", "works"), Prediction.Tags.class);
            assertThat(tags.unread()).containsExactly(1, 4, 5);
            assertThat(tags.tags().get(1)).isEmpty();
        }
    }

    @Test
    void aLongPassageIsSearchedWindowByWindow() {
        final String start = "the price of the sound is high . ".repeat(6) + "the ";
        final List<Example<Question>> questions = Stream.of("battery", "screen")
                .map(word -> new Example<>(new Question("what", start + word + " dies"), (Label)
                        new Label.Answers(List.of(new Label.Answer(word, start.length())))))
                .toList();
        final Dataset<Question> data = Dataset.of(Question.class, questions);
        try (FineTuned<Question> tuned = FineTuner.from(MODELS.resolve("bert-question-answering/model"))
                .maxLength(32)
                .lr(3e-3)
                .epochs(40)
                .fit(data, data)) {
            assertThat(tuned.evaluation().get("exact_match")).isEqualTo(100);
            assertThat(tuned.predict(questions.get(0).input()).label()).isEqualTo("battery");
        }
    }

    @Test
    void maskedWordsAreLearnedAndFilled() {
        final List<Example<Text>> lines = IntStream.range(0, 80)
                .mapToObj(i -> new Example<>(Text.of("great sound , weak bass , fair price ."), Label.none()))
                .toList();
        final Dataset<Text> data = Dataset.of(Text.class, lines);
        try (FineTuned<Text> tuned = FineTuner.from(MODELS.resolve("bert-masked-lm/model"))
                .maxLength(32)
                .lr(5e-3)
                .epochs(6)
                .fit(data, data)) {
            assertThat(tuned.evaluation().get("perplexity")).isLessThan(5);
            assertThat(tuned.predict(Text.of("great sound , weak [MASK] , fair price ."))
                            .label())
                    .isEqualTo("bass");
        }
    }

    @Test
    void aTextsVectorDoesNotDependOnItsNeighbours() {
        for (Pooling pooling : Pooling.values()) {
            try (Embedder<String> embedder = tuner().embedder(pooling)) {
                final float[] alone = embedder.embed("great sound");
                final float[] beside = embedder.embed(List.of("the price of the product and the screen", "great sound"))
                        .get(1);
                assertThat(alone).hasSize(48);
                assertClose(beside, alone, 1e-5, "vector beside a longer text");
            }
        }
    }

    @Test
    void noNativeObjectIsLeftFromStepToStep() {
        final List<Long> counts = new ArrayList<>();
        try (FineTuned<Text> tuned = tuner().regularization(r -> r.dropout(0.1))
                .maxSteps(60)
                .listener(new TrainingListener() {
                    @Override
                    public void stepped(StepReport report) {
                        counts.add(Pointer.totalCount());
                    }
                })
                .fitAll(data(64, 2))) {
            assertThat(counts.get(59)).isLessThanOrEqualTo(counts.get(19));
            tuned.predict(Text.of("great"));
            final long before = Pointer.totalCount();
            for (int i = 0; i < 50; i++) {
                tuned.predict(Text.of("great " + i));
            }
            assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
        }
    }
}
