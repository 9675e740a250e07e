package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.Embedder;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.Encoded;
import dev.finetune.contrastive.ContrastRows;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import dev.finetune.head.Prediction;
import dev.finetune.metrics.RetrievalMetrics;
import dev.finetune.peft.Lora;
import dev.finetune.train.BatchSize;
import dev.finetune.train.BatchSource;
import dev.finetune.train.RowEncoder;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Vectors learn what is alike. */
class ContrastTest {
    @TempDir
    private Path folder;

    private static FineTuner tuner() {
        return FineTuner.from(Jobs.model("bert-sequence-classification"))
                .maxLength(32)
                .lr(1e-3)
                .batchSize(2)
                .epochs(2);
    }

    private static float[] vector(FineTuned<Text> model, String text) {
        return model.predict(Text.of(text), Prediction.Vector.class).vector();
    }

    private static double recall(FineTuned<Text> model, Dataset<Text> known, Dataset<Text> asked) {
        final RetrievalMetrics search = new RetrievalMetrics(vectors(model, known), classes(known));
        return search.recall(vectors(model, asked), classes(asked), 1).get("recall@1");
    }

    private static List<float[]> vectors(FineTuned<Text> model, Dataset<Text> data) {
        return model.predict(data.asList().stream().map(Example::input).toList(), Prediction.Vector.class).stream()
                .map(Prediction.Vector::vector)
                .toList();
    }

    private static List<String> classes(Dataset<Text> data) {
        return data.asList().stream()
                .map(example -> ((Label.Category) example.label()).name())
                .toList();
    }

    @Test
    void neighboursAreOfTheSameClassAfterwardsAndTheEncoderIsSaved() {
        final Dataset<Text> known = Jobs.data(64, 1);
        final Dataset<Text> asked = Jobs.data(100, 2);
        final float[] expected;
        try (FineTuned<Text> before = tuner().head(Heads.features(Pooling.MEAN)).untrained(Text.class);
                FineTuned<Text> after = tuner().epochs(3).fitContrastive(known)) {
            assertThat(recall(after, known, asked))
                    .isGreaterThan(0.95)
                    .isGreaterThan(recall(before, known, asked) + 0.05);
            assertThat(Jobs.history(after).steps()).hasSize(3 * 32);
            expected = vector(after, "great price");
            after.save(folder);
        }
        try (Embedder<String> embedder = FineTuner.from(folder).maxLength(32).embedder(Pooling.MEAN)) {
            assertThat(embedder.embed("great price")).isEqualTo(expected);
        }
    }

    @Test
    void equalSeedsGiveEqualBitsAndPairsOfTextsAreClassesOfTheirOwn() {
        final List<Example<Text>> examples = new ArrayList<>();
        for (String word : List.of("great", "waste", "price", "sound", "mail")) {
            examples.add(new Example<>(Text.pair("the " + word, word + " of the product"), Label.none()));
        }
        final Dataset<Text> pairs = Dataset.of(Text.class, examples);
        try (FineTuned<Text> first = tuner().fitContrastive(pairs);
                FineTuned<Text> second = tuner().fitContrastive(pairs);
                FineTuned<Text> other = tuner().seed(1).fitContrastive(pairs)) {
            assertThat(vector(second, "great")).isEqualTo(vector(first, "great"));
            assertThat(vector(other, "great")).isNotEqualTo(vector(first, "great"));
            assertThat(Jobs.history(first).steps())
                    .as("10 texts, 2 at a time, twice")
                    .hasSize(10);
        }
    }

    @Test
    void vectorsArePooledAsTheModelsModulesSayUnlessAHeadSaysOtherwise() throws IOException {
        final Path model =
                Checkpoints.configured("bert-sequence-classification", folder.resolve("model"), config -> {});
        Files.writeString(model.resolve("modules.json"), """
                [{"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"},
                 {"idx": 1, "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]""");
        Files.createDirectory(model.resolve("1_Pooling"));
        final FineTuner tuner =
                FineTuner.from(model).maxLength(32).lr(1e-3).batchSize(2).epochs(1);
        for (Map.Entry<String, Pooling> said : Map.of(
                        "\"cls\"", Pooling.CLS, "\"mean\"", Pooling.MEAN, "[\"max\", \"mean\"]", Pooling.MEAN)
                .entrySet()) {
            Files.writeString(model.resolve("1_Pooling/config.json"), "{\"pooling_mode\": " + said.getKey() + "}");
            try (FineTuned<Text> tuned = tuner.fitContrastive(Jobs.data(8, 1));
                    FineTuned<Text> cls =
                            tuner.head(Heads.features(Pooling.CLS)).fitContrastive(Jobs.data(8, 1))) {
                assertThat(tuned.assembly().task().head().pooling()).contains(said.getValue());
                assertThat(cls.assembly().task().head().pooling()).contains(Pooling.CLS);
                assertThat(tuned.provenance().warnings())
                        .as(said.getKey())
                        .filteredOn(warning -> warning.contains("modules.json"))
                        .hasSize(said.getKey().contains("max") ? 1 : 0);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Pooling.class)
    void aModelOfVectorsIsLoadedWithThePoolingThatItWasSavedWith(Pooling pooling) throws IOException {
        final Path saved = folder.resolve("saved");
        final float[] expected;
        try (FineTuned<Text> tuned = tuner().head(Heads.features(pooling)).fitContrastive(Jobs.data(8, 1))) {
            tuned.save(saved);
            expected = vector(tuned, "great");
        }
        try (FineTuned<Text> loaded = FineTuned.load(saved, Text.class)) {
            assertThat(vector(loaded, "great")).isEqualTo(expected);
        }
        final Path record = saved.resolve("finetune.json");
        Files.writeString(record, Files.readString(record).replace("\"" + pooling + "\"", "\"SUM\""));
        Files.delete(saved.resolve("finetune-files.json")); // Which would tell that it was changed.
        assertThatThrownBy(() -> FineTuned.load(saved, Text.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("finetune.json", "\"pooling\" is \"SUM\"", "MEAN, CLS");
    }

    @Test
    void additionsOfLowRankLearnToo() {
        try (FineTuned<Text> tuned = tuner().lora(Lora.rank(4)).fitContrastive(Jobs.data(8, 1));
                FineTuned<Text> none =
                        tuner().head(Heads.features(Pooling.MEAN)).untrained(Text.class)) {
            assertThat(vector(tuned, "great")).isNotEqualTo(vector(none, "great"));
        }
    }

    @Test
    void stepsLeaveNothingBehind() {
        final List<Long> objects = new ArrayList<>();
        final FineTuner counting = tuner().epochs(5).listener(new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                objects.add(Pointer.totalCount());
            }
        });
        counting.fitContrastive(Jobs.data(40, 1)).close();
        assertThat(objects).hasSizeGreaterThan(10);
        assertThat(objects.subList(3, objects.size()))
                .allSatisfy(count -> assertThat(count).isLessThanOrEqualTo(objects.get(3)));
    }

    @Test
    void allPairsOfABatchAreOfDifferentClassesAndEveryRowComesFirstOnce() {
        final Dataset<Text> data = Jobs.data(30, 3);
        final int[] classes = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4, 4, 5
        };
        try (FineTuned<Text> model = tuner().head(Heads.features(Pooling.MEAN)).untrained(Text.class)) {
            final List<Encoded> rows = RowEncoder.encode(data, model.assembly().encoder());
            final IdentityHashMap<Encoded, Integer> numbers = new IdentityHashMap<>();
            IntStream.range(0, rows.size()).forEach(i -> numbers.put(rows.get(i), i));
            final ContrastRows source =
                    new ContrastRows(rows, classes, model.assembly().encoder(), 4, 7);
            final List<List<Integer>> epochs = new ArrayList<>();
            for (int epoch = 0; epoch < 2; epoch++) {
                final List<Integer> firsts = new ArrayList<>();
                int batches = 0;
                try (BatchSource.Batches some = source.epoch(epoch)) {
                    while (some.hasNext()) {
                        final int[] batch = some.next().rows().stream()
                                .mapToInt(numbers::get)
                                .toArray();
                        batches++;
                        final HashSet<Integer> seen = new HashSet<>();
                        for (int i = 0; i < batch.length; i += 2) {
                            assertThat(batch[i]).isNotEqualTo(batch[i + 1]);
                            assertThat(classes[batch[i]]).isEqualTo(classes[batch[i + 1]]);
                            assertThat(seen.add(classes[batch[i]]))
                                    .as(Arrays.toString(batch))
                                    .isTrue();
                            firsts.add(batch[i]);
                        }
                        assertThat(seen).hasSizeBetween(2, 4);
                    }
                }
                assertThat(batches).isEqualTo(source.batchesPerEpoch().orElseThrow());
                assertThat(firsts).doesNotHaveDuplicates().doesNotContain(29);
                assertThat(source.rowsPerEpoch()).hasValue(2L * firsts.size());
                epochs.add(firsts);
            }
            assertThat(epochs.get(0)).hasSizeGreaterThan(26).isNotEqualTo(epochs.get(1));
        }
    }

    @Test
    void whatItIsNotForIsRefused() {
        final Dataset<Text> data = Jobs.data(8, 1);
        final Map<String, FineTuner> refused = Map.of(
                "teaches vectors, not a Classification head", tuner().head(2),
                "regularization(r -> r.rDrop(...)) would do nothing", tuner().regularization(r -> r.rDrop(1)),
                "batchSize(BatchSize.auto(...)) would do nothing", tuner().batchSize(BatchSize.auto(8)),
                "loss(l -> l.labelSmoothing(...)) would do nothing", tuner().loss(l -> l.labelSmoothing(0.1)),
                "keepBest(...) would do nothing", tuner().keepBest(),
                "batches of at least 2", tuner().batchSize(1));
        refused.forEach((message, with) -> assertThatThrownBy(() -> with.fitContrastive(data))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(message));
        assertThatThrownBy(() -> tuner().fitContrastive(
                                data.filter(example -> example.label().equals(Label.of("good")))))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("nothing to tell apart");
        assertThatThrownBy(() -> tuner().fitContrastive(Jobs.unlabelled(8, 1)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("one text without a label");
        assertThatThrownBy(() ->
                        tuner().fitContrastive(data.map(example -> new Example<>(example.input(), Label.of(1.0)))))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("one class each, or from pairs");
    }
}
