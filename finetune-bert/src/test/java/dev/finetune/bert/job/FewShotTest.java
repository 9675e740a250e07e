package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.Embedder;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.data.Dataset;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.fewshot.FewShot;
import dev.finetune.fewshot.PairRows;
import dev.finetune.freeze.Freeze;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Parameter;
import dev.finetune.peft.Lora;
import dev.finetune.train.BatchSource;
import dev.finetune.train.RowEncoder;
import dev.finetune.train.StepReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A few examples a class are enough, by pairs and a regression. */
class FewShotTest {
    private static final FewShot SHORT = new FewShot(6, 1);

    @TempDir
    private Path folder;

    private static FineTuner tuner() {
        return Jobs.classifier().lr(1e-3);
    }

    @Test
    void eightExamplesAClassTeachMoreThanFineTuningDoesAndTheModelIsLikeAnyOther() {
        final Dataset<Text> few = Jobs.data(16, 1);
        final Dataset<Text> test = Jobs.data(100, 2);
        final float[] before;
        try (FineTuned<Text> tuned = tuner().fitFewShot(few);
                FineTuned<Text> plain = tuner().fitAll(few)) {
            assertThat(tuned.evaluate(few).get("accuracy")).isGreaterThan(0.9);
            assertThat(tuned.evaluate(test).get("accuracy"))
                    .isGreaterThan(plain.evaluate(test).get("accuracy"))
                    .isGreaterThan(0.8);
            final List<StepReport> steps = Jobs.history(tuned).steps();
            assertThat(steps).hasSize(16 * 40 / 8);
            assertThat(steps.get(steps.size() - 1).loss())
                    .isLessThan(steps.get(0).loss() / 2);
            before = tuned.predict(Text.of("great price")).logits().get(0);
            tuned.save(folder);
        }
        try (FineTuned<Text> loaded = FineTuned.load(folder)) {
            assertThat(loaded.predict(Text.of("great price")).logits().get(0)).isEqualTo(before);
            assertThat(loaded.labels()).containsExactly("bad", "good");
        }
    }

    /** A base model as sentence-transformers saves it: an encoder without layers above. */
    private static Path encoder(String family, Path to) {
        final Path model = Checkpoints.renamed(
                family + "-sequence-classification",
                to,
                name -> name.matches("classifier.*|pre_classifier.*|head\\..*|.*pooler.*")
                        ? Optional.empty()
                        : Optional.of(name));
        Checkpoints.configure(model, config -> {
            List.of("architectures", "id2label", "label2id", "problem_type").forEach(config::remove);
        });
        return model;
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert", "distilbert", "roberta", "modernbert"})
    void withoutAPoolerThatAnybodyTrainedTheHeadReadsTheMeanOfTheTokens(String family) {
        final Path model = encoder(family, folder.resolve("encoder"));
        final FineTuner tuner =
                FineTuner.from(model).head("bad", "good").maxLength(32).lr(1e-3);
        final Text text = Text.of("great price");
        final float[] logits;
        try (FineTuned<Text> tuned = tuner.fitFewShot(Jobs.data(16, 1), SHORT)) {
            assertThat(tuned.provenance().warnings())
                    .anyMatch(warning -> warning.contains("mean of the tokens' vectors"));
            assertThat(tuned.assembly().network().head().parameters())
                    .extracting(Parameter::name)
                    .hasSize(2)
                    .allMatch(name -> name.startsWith("classifier"));
            logits = tuned.predict(text).logits().get(0);
            tuned.save(folder.resolve("saved"));
        }
        try (FineTuned<Text> loaded = FineTuned.load(folder.resolve("saved"), Text.class);
                Embedder<String> embedder =
                        FineTuner.from(folder.resolve("saved")).maxLength(32).embedder(Pooling.MEAN)) {
            assertThat(loaded.predict(text).logits().get(0)).isEqualTo(logits);
            final float[] vector = embedder.embed("great price");
            final List<Parameter> last = loaded.assembly().network().head().parameters();
            final float[] weight = Tensors.floats(last.get(0).value());
            final float[] bias = Tensors.floats(last.get(1).value());
            for (int i = 0; i < 2; i++) {
                double sum = bias[i];
                for (int j = 0; j < vector.length; j++) {
                    sum += (double) weight[i * vector.length + j] * vector[j];
                }
                assertThat((double) logits[i]).isCloseTo(sum, within(1e-4));
            }
        }
    }

    @Test
    void withoutAPoolerTheHeadReadsWhatTheModelsModulesSay() throws IOException {
        final Path model = encoder("bert", folder.resolve("encoder"));
        Files.writeString(
                model.resolve("modules.json"),
                "[{\"path\": \"1_Pooling\", \"type\": \"sentence_transformers.models.Pooling\"}]");
        Files.createDirectory(model.resolve("1_Pooling"));
        Files.writeString(model.resolve("1_Pooling/config.json"), "{\"pooling_mode\": \"cls\"}");
        try (FineTuned<Text> tuned =
                FineTuner.from(model).head("bad", "good").maxLength(32).fitFewShot(Jobs.data(16, 1), SHORT)) {
            assertThat(tuned.assembly().config().get("finetune_pooling").getAsString())
                    .isEqualTo("cls");
            assertThat(tuned.provenance().warnings()).anyMatch(warning -> warning.contains("first token's vector"));
        }
    }

    @Test
    void aTrainedPoolerIsReadThrough() {
        try (FineTuned<Text> tuned = tuner().fitFewShot(Jobs.data(8, 1), SHORT)) {
            assertThat(tuned.assembly().network().head().parameters())
                    .extracting(Parameter::name)
                    .contains("bert.pooler.dense.weight");
            assertThat(tuned.assembly().config().has("finetune_pooling")).isFalse();
        }
    }

    @Test
    void equalSeedsGiveEqualBitsAndFrozenLayersStay() {
        final FineTuner frozen = tuner().freeze(1);
        try (FineTuned<Text> first = frozen.fitFewShot(Jobs.data(8, 1), SHORT);
                FineTuned<Text> second = frozen.fitFewShot(Jobs.data(8, 1), SHORT);
                FineTuned<Text> other = frozen.seed(1).fitFewShot(Jobs.data(8, 1), SHORT);
                FineTuned<Text> none = frozen.untrained(Text.class)) {
            final float[] logits = first.predict(Text.of("great")).logits().get(0);
            assertThat(second.predict(Text.of("great")).logits().get(0)).isEqualTo(logits);
            assertThat(other.predict(Text.of("great")).logits().get(0)).isNotEqualTo(logits);
            Jobs.weights(none).forEach((name, values) -> {
                if (name.contains("embeddings") || name.contains("layer.0.")) {
                    assertThat(Jobs.weights(first).get(name)).as(name).isEqualTo(values);
                }
            });
        }
        try (FineTuned<Text> head =
                tuner().freeze(Freeze.matching("embeddings|layer")).fitFewShot(Jobs.data(8, 1), SHORT)) {
            assertThat(head.assembly().network().parameters().stream()
                            .filter(parameter -> parameter.name().startsWith("classifier")))
                    .allMatch(parameter -> parameter.isTrained());
        }
    }

    @Test
    void everyRowIsInAsManyPairsOfItsClassAsOfOthers() {
        final Dataset<Text> data = Jobs.data(13, 3);
        try (FineTuned<Text> model = tuner().untrained(Text.class)) {
            final List<Encoded> rows = RowEncoder.encode(data, model.assembly().encoder());
            final PairRows source = new PairRows(rows, model.assembly().encoder(), 5, 8, 7);
            int same = 0;
            int pairs = 0;
            long batches = 0;
            final List<Long> ids = new ArrayList<>();
            try (BatchSource.Batches epoch = source.epoch(0)) {
                while (epoch.hasNext()) {
                    final HostBatch batch = epoch.next();
                    final long[] labels = ((HostTensor.Longs) batch.columns().get("labels")).data();
                    for (int i = 0; i < labels.length; i += 2) {
                        pairs++;
                        same += labels[i] == labels[i + 1] ? 1 : 0;
                        assertThat(batch.rows().get(i)).isNotSameAs(batch.rows().get(i + 1));
                        ids.add((long) rows.indexOf(batch.rows().get(i)));
                    }
                    batches++;
                }
            }
            assertThat(pairs).isEqualTo(130);
            assertThat(same).isEqualTo(65);
            assertThat(batches).isEqualTo(source.batchesPerEpoch().orElseThrow());
            assertThat(source.rowsPerEpoch()).hasValue(260);
            assertThat(ids.stream().distinct()).hasSize(13);
        }
    }

    @Test
    void whatItIsNotForIsRefused() {
        assertThatThrownBy(() -> tuner().lora(Lora.rank(4)).fitFewShot(Jobs.data(8, 1)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("lora");
        assertThatThrownBy(() -> tuner().regularization(r -> r.rDrop(1)).fitFewShot(Jobs.data(8, 1)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("rDrop");
        final Map<String, FineTuner> idle = Map.of(
                "loss(l -> l.classWeights(...))", tuner().loss(l -> l.classWeights(1, 2)),
                "loss(l -> l.balancedClassWeights())", tuner().loss(l -> l.balancedClassWeights()),
                "batching(b -> b.balancedSampling(true))", tuner().batching(b -> b.balancedSampling(true)),
                "loss(l -> l.labelSmoothing(...))", tuner().loss(l -> l.labelSmoothing(0.1)),
                "loss(l -> l.focalGamma(...))", tuner().loss(l -> l.focalGamma(2)),
                "keepBest(...)", tuner().keepBest(),
                "earlyStopping(...)", tuner().earlyStopping(2));
        idle.forEach((name, with) -> assertThatThrownBy(() -> with.fitFewShot(Jobs.data(8, 1)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("; " + name + " would do nothing there"));
        assertThatThrownBy(() -> tuner().head(Heads.regression())
                        .fitFewShot(
                                Jobs.data(8, 1).map(e -> new dev.finetune.data.Example<>(e.input(), Label.of(1.0)))))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("Regression");
        assertThatThrownBy(() ->
                        tuner().fitFewShot(Jobs.data(8, 1).filter(e -> e.label().equals(Label.of("good")))))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("nothing to tell apart");
    }
}
