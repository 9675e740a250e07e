package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.data.Words;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Heads;
import dev.finetune.head.Prediction;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.metrics.Metrics;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingHistory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What a fine-tuned model promises: to evaluate, predict, save, load and close. */
class FineTunedTest {
    @TempDir
    private Path folder;

    @Test
    void historyTellsEveryStepAndEveryEpoch() {
        final Recorder recorder = new Recorder();
        try (FineTuned<Text> tuned =
                Jobs.classifier().epochs(2).listener(recorder).fit(Jobs.data(36, 1), Jobs.data(10, 2))) {
            final TrainingHistory history = Jobs.history(tuned);
            assertThat(history.end()).isEqualTo(TrainingHistory.End.FINISHED);
            assertThat(history.steps()).hasSize(10).isEqualTo(recorder.steps);
            assertThat(history.epochs()).hasSize(2).isEqualTo(recorder.evaluations);
            assertThat(recorder.ends).containsExactly(history);
            assertThat(recorder.plans).singleElement().satisfies(plan -> {
                assertThat(plan.rows()).isEqualTo(36);
                assertThat(plan.validationRows()).isEqualTo(10);
                assertThat(plan.steps()).isEqualTo(10);
            });
            for (StepReport step : history.steps()) {
                assertThat(step.epoch()).isEqualTo((int) ((step.step() - 1) / 5));
                assertThat(step.rows()).isEqualTo(step.step() % 5 == 0 ? 4 : 8);
                assertThat(step.learningRate()).isCloseTo(2e-3 * (11 - step.step()) / 10, within(1e-12));
                assertThat(step.gradientNorm()).isPositive();
            }
            assertThat(history.epochs().get(0).step()).isEqualTo(5);
            assertThat(history.epochs().get(0).epoch()).isEqualTo(1);
            assertThat(history.epochs().get(0).trainingLoss())
                    .isCloseTo(
                            history.steps().subList(0, 5).stream()
                                    .mapToDouble(StepReport::loss)
                                    .average()
                                    .orElseThrow(),
                            within(1e-12));
            assertThat(history.seconds()).isGreaterThanOrEqualTo(history.trainingSeconds());
        }
    }

    @Test
    void batchesOfSimilarLengthAndBatchesInOrderAgree() {
        final List<Text> texts = Jobs.texts(41, 7);
        final Dataset<Text> data = Jobs.data(41, 7);
        final FineTuner tuner = Jobs.classifier().evaluation(e -> e.batchSize(8));
        try (FineTuned<Text> grouped = tuner.untrained(Text.class);
                FineTuned<Text> inOrder =
                        tuner.batching(b -> b.groupByLength(false)).untrained(Text.class)) {
            assertThat(inOrder.evaluate(data).get("loss"))
                    .isCloseTo(grouped.evaluate(data).get("loss"), within(1e-5));
            final List<Prediction> ours = inOrder.predict(texts);
            final List<Prediction> theirs = grouped.predict(texts);
            for (int i = 0; i < texts.size(); i++) {
                assertThat(ours.get(i).logits().get(0))
                        .containsExactly(theirs.get(i).logits().get(0), within(1e-5f));
            }
        }
    }

    /** In pages of 4 KB. */
    private static long residentBytes() throws IOException {
        return 4096
                * Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void closingAModelGivesMemoryThatWasFreedBackToTheSystem() throws IOException {
        final long before;
        try (FineTuned<Text> model = Jobs.classifier().untrained(Text.class)) {
            try (TensorScope scope = TensorScope.open()) {
                for (int i = 0; i < 200; i++) {
                    Tensors.of(new float[1 << 18], 1 << 18);
                }
            }
            before = residentBytes();
        }
        assertThat(residentBytes()).isLessThan(before - (100L << 20));
    }

    @Test
    void aStratifiedPartIsHeldBackToEvaluateOn() {
        final List<Example<Text>> examples = new ArrayList<>(Jobs.reviews(80, 3));
        Jobs.reviews(80, 4).stream()
                .filter(example -> example.label().equals(Label.of("good")))
                .forEach(examples::add);
        try (FineTuned<Text> tuned = Jobs.classifier()
                .epochs(1)
                .evaluation(e -> e.validationFraction(0.25))
                .fit(Dataset.of(Text.class, examples))) {
            final var confusion = tuned.evaluation().confusion().orElseThrow();
            assertThat(confusion.support(tuned.labels().indexOf("good"))).isEqualTo(20);
            assertThat(confusion.support(tuned.labels().indexOf("bad"))).isEqualTo(10);
            assertThat(Jobs.history(tuned).steps().stream()
                            .mapToInt(StepReport::rows)
                            .sum())
                    .isEqualTo(90);
        }
    }

    @Test
    void evaluatingAgainGivesTheLastValidationMetrics() {
        final Dataset<Text> validation = Jobs.data(45, 2);
        try (FineTuned<Text> tuned =
                Jobs.classifier().regularization(r -> r.dropout(0.1)).epochs(2).fit(Jobs.data(60, 1), validation)) {
            final Metrics again = tuned.evaluate(validation);
            assertThat(again.names()).isEqualTo(tuned.evaluation().names()).contains("loss", "accuracy");
            for (String name : again.names()) {
                assertThat(again.get(name))
                        .as(name)
                        .isEqualTo(tuned.evaluation().get(name));
            }
            final Metrics last =
                    Jobs.history(tuned).epochs().get(1).validation().orElseThrow();
            assertThat(last.get("loss")).isEqualTo(again.get("loss"));
        }
    }

    @Test
    void aModelThatWasNotEvaluatedSaysSo() {
        try (FineTuned<Text> tuned = Jobs.classifier().epochs(1).fitAll(Jobs.data(16, 1))) {
            assertThatThrownBy(tuned::evaluation)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("evaluate(dataset)");
        }
    }

    @Test
    void predictionsComeInTheOrderOfTheInputsAndSumToOne() {
        final List<Text> texts = Jobs.texts(75, 5);
        try (FineTuned<Text> tuned = Jobs.classifier().epochs(2).fitAll(Jobs.data(80, 1))) {
            final List<Prediction> all = tuned.predict(texts);
            assertThat(all).hasSameSizeAs(texts);
            for (int i = 0; i < texts.size(); i++) {
                final Prediction alone = tuned.predict(texts.get(i));
                for (String label : tuned.labels()) {
                    assertThat(all.get(i).probability(label)).isCloseTo(alone.probability(label), within(1e-5));
                }
                final var probabilities = all.get(i).probabilities().values();
                assertThat(probabilities.stream().mapToDouble(p -> p).sum()).isCloseTo(1, within(1e-12));
                assertThat(all.get(i).probability())
                        .isEqualTo(
                                probabilities.stream().mapToDouble(p -> p).max().orElseThrow());
            }
            assertThat(tuned.predict(List.of())).isEmpty();
        }
    }

    @Test
    void aSavedModelLoadsWithEqualBits() {
        final List<Text> texts = Jobs.texts(20, 5);
        final Dataset<Text> test = Jobs.data(20, 6);
        try (FineTuned<Text> tuned = Jobs.classifier().epochs(2).fit(Jobs.data(80, 1), test)) {
            tuned.save(folder);
            try (FineTuned<Text> loaded = FineTuned.load(folder)) {
                assertThat(Jobs.weights(loaded)).usingRecursiveComparison().isEqualTo(Jobs.weights(tuned));
                assertThat(logits(loaded.predict(texts))).isDeepEqualTo(logits(tuned.predict(texts)));
                assertThat(loaded.evaluate(test).get("loss"))
                        .isEqualTo(tuned.evaluation().get("loss"));
                assertThat(loaded.labels()).isEqualTo(tuned.labels());
                assertThat(loaded.loadReport().isComplete()).isTrue();
                assertThat(loaded.history()).isEmpty();
            }
        }
    }

    @Test
    void aLabelMayHoldALineBreak() {
        final String label = "bad: very\r\nbad";
        final Dataset<Text> data = Jobs.data(16, 1)
                .map(example -> example.label().equals(Label.of("bad"))
                        ? new Example<>(example.input(), Label.of(label))
                        : example);
        try (FineTuned<Text> tuned =
                Jobs.classifier().head(label, "good").epochs(1).fitAll(data)) {
            tuned.save(folder);
            assertThat(tuned.provenance().settings().lines()).allMatch(line -> line.contains(": "));
        }
        try (FineTuned<Text> loaded = FineTuned.load(folder)) {
            assertThat(loaded.labels()).containsExactly(label, "good");
        }
    }

    @Test
    void savingOverAModelReplacesItWhole() throws IOException {
        try (FineTuned<Text> two = Jobs.classifier().epochs(1).fitAll(Jobs.data(16, 1))) {
            two.save(folder);
        }
        try (FineTuned<Text> three =
                Jobs.classifier().head("bad", "fair", "good").epochs(1).fitAll(Jobs.data(16, 1))) {
            three.save(folder);
        }
        try (FineTuned<Text> loaded = FineTuned.load(folder)) {
            assertThat(loaded.labels()).containsExactly("bad", "fair", "good");
            assertThat(loaded.predict(Text.of("great")).logits().get(0)).hasSize(3);
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).noneMatch(file -> file.getFileName().toString().startsWith("."));
        }
    }

    @Test
    void aLoadedModelCanBeSavedWhereItLies() {
        final List<Text> texts = List.of(Text.of("great sound"));
        try (FineTuned<Text> tuned = Jobs.classifier().epochs(1).fitAll(Jobs.data(16, 1))) {
            tuned.save(folder);
            try (FineTuned<Text> loaded = FineTuned.load(folder)) {
                loaded.save(folder);
                assertThat(logits(loaded.predict(texts))).isDeepEqualTo(logits(tuned.predict(texts)));
            }
            try (FineTuned<Text> again = FineTuned.load(folder)) {
                assertThat(logits(again.predict(texts))).isDeepEqualTo(logits(tuned.predict(texts)));
            }
        }
    }

    @Test
    void whatIsSavedIsWhatOthersLookFor() throws IOException {
        final Path saved = folder.resolve("new").resolve("model");
        try (FineTuned<Text> tuned = Jobs.classifier().epochs(1).fit(Jobs.data(32, 1), Jobs.data(10, 2))) {
            tuned.save(saved);
        }
        final JsonObject config = json(saved.resolve("config.json"));
        assertThat(config.getAsJsonArray("architectures")).hasToString("[\"BertForSequenceClassification\"]");
        assertThat(config.getAsJsonObject("id2label")).hasToString("{\"0\":\"bad\",\"1\":\"good\"}");
        assertThat(config.getAsJsonObject("label2id")).hasToString("{\"bad\":0,\"good\":1}");
        assertThat(config.get("problem_type").getAsString()).isEqualTo("single_label_classification");
        assertThat(config.get("hidden_size").getAsInt()).isEqualTo(48);
        for (String name : List.of("tokenizer.json", "tokenizer_config.json", "vocab.txt")) {
            assertThat(saved.resolve(name)).as(name).isNotEmptyFile();
        }
        assertThat(saved.resolve("README.md"))
                .content()
                .startsWith("---\n")
                .contains("bad, good", "learning rate: 0.002", "accuracy");
        final JsonObject record = json(saved.resolve("finetune.json"));
        assertThat(record.getAsJsonArray("epochs")).hasSize(1);
        assertThat(record.getAsJsonObject("evaluation").has("accuracy")).isTrue();
    }

    @Test
    void aModelIsLoadedForOneKindOfInput() {
        try (FineTuned<Text> tuned = Jobs.classifier().head("bad", "good").untrained(Text.class)) {
            tuned.save(folder);
            try (FineTuned<Text> loaded = FineTuned.load(folder, Text.class)) {
                assertThat(loaded.predict(Text.of("great")).logits().get(0))
                        .isEqualTo(tuned.predict(Text.of("great")).logits().get(0));
            }
        }
        assertThatThrownBy(() -> FineTuned.load(folder, Words.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("Classification", "Text", "Words");
    }

    @Test
    void useAfterCloseIsRefused() {
        final FineTuned<Text> tuned = Jobs.classifier().epochs(1).fit(Jobs.data(16, 1), Jobs.data(8, 2));
        final double accuracy = Jobs.accuracy(tuned, Jobs.data(8, 2));
        tuned.close();
        tuned.close();
        assertThatThrownBy(() -> tuned.predict(Text.of("great"))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> tuned.evaluate(Jobs.data(8, 2))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> tuned.save(folder)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(tuned::summary).isInstanceOf(IllegalStateException.class);
        assertThat(tuned.evaluation().get("accuracy")).isEqualTo(accuracy);
    }

    /** But for rounding: alone a caller has all cores, beside others one. */
    @Test
    void eightThreadsAtOncePredictWhatOneDoes() throws Exception {
        final List<Text> texts = Jobs.texts(32, 7);
        final ExecutorService pool = Executors.newFixedThreadPool(8);
        try (FineTuned<Text> tuned = Jobs.classifier().epochs(1).fitAll(Jobs.data(32, 1))) {
            final float[][] alone = logits(tuned.predict(texts));
            final List<Callable<float[][]>> tasks = new ArrayList<>();
            for (int thread = 0; thread < 8; thread++) {
                tasks.add(() -> logits(tuned.predict(texts)));
            }
            for (Future<float[][]> result : pool.invokeAll(tasks)) {
                for (int i = 0; i < alone.length; i++) {
                    assertThat(result.get()[i]).containsExactly(alone[i], within(1e-6f));
                }
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void aModelOfWordsSaysThatItReadsNoText() {
        try (FineTuned<Words> tagger = FineTuner.from(Jobs.model("bert-token-classification"))
                .head(Heads.tokens())
                .maxLength(32)
                .epochs(1)
                .fitAll(Jobs.sentences(8, 1))) {
            tagger.save(folder);
        }
        try (FineTuned<Text> wrong = FineTuned.load(folder)) {
            assertThatThrownBy(() -> wrong.predict(Text.of("great sound")))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("reads Words")
                    .hasMessageContaining("Text");
        }
        assertThatThrownBy(
                        () -> Jobs.classifier().head(Heads.tokens("O", "B-X")).fitAll(Jobs.data(8, 1)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("one class each", "a tag for each word", "say head(...)");
    }

    @Test
    void examplesWithoutLabelsCanOnlyBePredicted() {
        final Dataset<Text> unlabelled = Dataset.of(
                Text.class,
                Jobs.texts(8, 1).stream()
                        .map(text -> new Example<>(text, Label.none()))
                        .toList());
        for (FineTuner tuner : List.of(Jobs.classifier(), Jobs.classifier().head(Heads.regression()))) {
            assertThatThrownBy(() -> tuner.fitAll(unlabelled))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("have no labels");
            try (FineTuned<Text> untrained = tuner.untrained(Text.class)) {
                assertThatThrownBy(() -> untrained.evaluate(unlabelled))
                        .isInstanceOf(FinetuneException.class)
                        .hasMessageContaining("have no labels");
            }
        }
    }

    private static JsonObject json(Path file) throws IOException {
        return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    }

    private static float[][] logits(List<Prediction> predictions) {
        return predictions.stream()
                .map(prediction -> prediction.logits().get(0))
                .toArray(float[][]::new);
    }
}
