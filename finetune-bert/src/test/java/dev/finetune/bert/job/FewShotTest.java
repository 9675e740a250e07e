package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import dev.finetune.peft.Lora;
import dev.finetune.train.BatchSource;
import dev.finetune.train.RowEncoder;
import dev.finetune.train.StepReport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
