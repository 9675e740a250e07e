package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.Forgetting;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.freeze.Freeze;
import dev.finetune.head.Heads;
import dev.finetune.peft.Lora;
import dev.finetune.train.OptimizerSettings;
import dev.finetune.train.Schedule;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KeepingKnowledgeTest {
    private static final Dataset<Text> TRAIN = Jobs.data(64, 1);

    /** Plain gradient descent without dropout or clipping: what a step does can be said exactly. */
    private static FineTuner descending() {
        return Jobs.inOrder()
                .regularization(r -> r.dropout(0))
                .lr(0.1)
                .optimizer(OptimizerSettings.sgd(0))
                .schedule(Schedule.constant())
                .optimization(o -> o.maxGradientNorm(0));
    }

    private static Map<String, float[]> weights(FineTuner tuner) {
        try (FineTuned<Text> tuned = tuner.fitAll(TRAIN)) {
            return Jobs.weights(tuned);
        }
    }

    @Test
    void theSecondStepIsPulledBackByAlphaTimesWhatTheFirstOneMoved() {
        final double alpha = 0.5;
        final double beta = 0.25;
        final Map<String, float[]> start;
        try (FineTuned<Text> untrained = descending().untrained(Text.class)) {
            start = Jobs.weights(untrained);
        }
        final Map<String, float[]> one = weights(descending().maxSteps(1).preservation(p -> p.l2sp(alpha, 0)));
        final Map<String, float[]> two = weights(descending().maxSteps(2));
        final Map<String, float[]> pulled = weights(descending().maxSteps(2).preservation(p -> p.l2sp(alpha, 0)));
        final Map<String, float[]> shrunk = weights(descending().maxSteps(1).preservation(p -> p.l2sp(0, beta)));
        one.forEach((name, moved) -> {
            final boolean fresh = name.startsWith("classifier");
            for (int i = 0; i < moved.length; i += 7) {
                final double pull = fresh ? 0 : 0.1 * alpha * (moved[i] - start.getOrDefault(name, moved)[i]);
                assertThat((double) pulled.getOrDefault(name, moved)[i])
                        .as("%s %d", name, i)
                        .isCloseTo(two.getOrDefault(name, moved)[i] - pull, within(2e-6));
                final double shrink = fresh ? 0.1 * beta * start.getOrDefault(name, moved)[i] : 0;
                assertThat((double) shrunk.getOrDefault(name, moved)[i]).isCloseTo(moved[i] - shrink, within(2e-6));
            }
        });
    }

    @Test
    void theReportedLossHoldsThePull() {
        final double alpha = 2;
        try (FineTuned<Text> untrained = descending().untrained(Text.class);
                FineTuned<Text> one = descending()
                        .maxSteps(1)
                        .preservation(p -> p.l2sp(alpha, 0))
                        .fitAll(TRAIN);
                FineTuned<Text> plain = descending().maxSteps(2).fitAll(TRAIN);
                FineTuned<Text> two = descending()
                        .maxSteps(2)
                        .preservation(p -> p.l2sp(alpha, 0))
                        .fitAll(TRAIN)) {
            final Map<String, float[]> start = Jobs.weights(untrained);
            double squares = 0;
            for (Map.Entry<String, float[]> entry : Jobs.weights(one).entrySet()) {
                final float[] before = start.getOrDefault(entry.getKey(), new float[0]);
                for (int i = 0; i < before.length && !entry.getKey().startsWith("classifier"); i++) {
                    squares += Math.pow(entry.getValue()[i] - before[i], 2);
                }
            }
            assertThat(squares).isPositive();
            assertThat(Jobs.losses(two).get(0)).isEqualTo(Jobs.losses(plain).get(0));
            assertThat(Jobs.losses(two).get(1))
                    .isCloseTo(Jobs.losses(plain).get(1) + alpha / 2 * squares, within(1e-5));
        }
    }

    @Test
    void distillationKeepsWhatTheTrunkGivesNearTheOriginalsWithAndWithoutCheckpointing() {
        final FineTuner tuner = Jobs.inOrder().regularization(r -> r.dropout(0)).epochs(3);
        try (FineTuned<Text> plain = tuner.fitAll(TRAIN);
                FineTuned<Text> near = tuner.preservation(p -> p.distill(100)).fitAll(TRAIN);
                FineTuned<Text> again = tuner.preservation(p -> p.distill(100))
                        .execution(e -> e.gradientCheckpointing(true))
                        .fitAll(TRAIN);
                FineTuned<Text> frozen =
                        tuner.freeze(1).preservation(p -> p.distill(100)).fitAll(TRAIN);
                FineTuned<Text> computed = tuner.freeze(1)
                        .preservation(p -> p.distill(100))
                        .execution(e -> e.keepFrozenOutputs(false))
                        .fitAll(TRAIN)) {
            // At the start nothing has moved.
            assertThat(Jobs.losses(near).get(0)).isEqualTo(Jobs.losses(plain).get(0));
            assertThat(Jobs.losses(near).get(1))
                    .isGreaterThan(Jobs.losses(plain).get(1));
            assertThat(moved(near)).isLessThan(0.5 * moved(plain));
            for (int i = 0; i < Jobs.losses(near).size(); i++) {
                assertThat(Jobs.losses(again).get(i))
                        .isCloseTo(Jobs.losses(near).get(i), within(1e-5));
                assertThat(Jobs.losses(computed).get(i))
                        .isCloseTo(Jobs.losses(frozen).get(i), within(1e-5));
            }
        }
    }

    /** How far the vectors of texts have moved from the checkpoint's, squared. */
    private static double moved(FineTuned<Text> tuned) {
        final Map<String, float[]> now = Jobs.weights(tuned);
        double squares = 0;
        try (FineTuned<Text> untrained = Jobs.inOrder().untrained(Text.class)) {
            for (Map.Entry<String, float[]> entry : Jobs.weights(untrained).entrySet()) {
                final float[] after = now.getOrDefault(entry.getKey(), entry.getValue());
                for (int i = 0; i < after.length && entry.getKey().contains(".layer.2."); i++) {
                    squares += Math.pow(after[i] - entry.getValue()[i], 2);
                }
            }
        }
        return squares;
    }

    @Test
    void twoPassesOfDropoutLearnAndWithoutDropoutTheUserIsTold() {
        final Recorder told = new Recorder();
        try (FineTuned<Text> plain =
                        Jobs.inOrder().regularization(r -> r.dropout(0)).fitAll(TRAIN);
                FineTuned<Text> twice = Jobs.inOrder()
                        .regularization(r -> r.dropout(0).rDrop(3))
                        .listener(told)
                        .fitAll(TRAIN)) {
            assertThat(told.warnings)
                    .anyMatch(warning -> warning.contains("regularization(r -> r.rDrop(3.0)) does nothing"));
            for (int i = 0; i < Jobs.losses(plain).size(); i++) {
                assertThat(Jobs.losses(twice).get(i))
                        .isCloseTo(Jobs.losses(plain).get(i), within(1e-4));
            }
        }
        try (FineTuned<Text> dropped =
                Jobs.classifier().epochs(4).regularization(r -> r.rDrop(1)).fit(Jobs.data(160, 1), Jobs.data(40, 2))) {
            assertThat(dropped.evaluation().get("accuracy")).isGreaterThan(0.9);
        }
    }

    @Test
    void whatDoesNotGoTogetherIsRefused() {
        assertThatThrownBy(() ->
                        Jobs.classifier().regularization(r -> r.rDrop(1)).execution(e -> e.gradientCheckpointing(true)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("rDrop(1.0)");
        assertThatThrownBy(() -> Jobs.classifier()
                        .preservation(p -> p.l2sp(0.1))
                        .lora(Lora.rank(2))
                        .fitAll(TRAIN))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("lora(...)");
        assertThatThrownBy(() -> Jobs.classifier().preservation(p -> p.l2sp(-1)))
                .hasMessageContaining("preservation(p -> p.l2sp(...)) needs a number");
        assertThat(Jobs.classifier()
                        .preservation(p -> p.l2sp(0.1).distill(2))
                        .regularization(r -> r.rDrop(3))
                        .describe())
                .contains("L2-SP: 0.1, 0.01 for what is new")
                .contains("distillation from the original: 2")
                .contains("R-Drop: 3");
    }

    @Test
    void forgettingIsTheMaskedLmLossBeforeAndAfterWithTheSameMasks() {
        final Dataset<Text> texts = Dataset.of(
                Text.class,
                Jobs.texts(40, 5).stream()
                        .map(text -> new Example<>(text, Label.none()))
                        .toList());
        final FineTuner checkpoint =
                FineTuner.from(Jobs.model("bert-masked-lm")).maxLength(32);
        final FineTuner tuner = checkpoint.head("bad", "good").lr(5e-3).epochs(2);
        try (FineTuned<Text> frozen = tuner.freeze(Freeze.allButHead()).fitAll(TRAIN);
                FineTuned<Text> full = tuner.fitAll(TRAIN);
                FineTuned<Text> near = tuner.preservation(p -> p.distill(100)).fitAll(TRAIN);
                FineTuned<Text> adapted = tuner.lora(Lora.rank(2)).fitAll(TRAIN);
                FineTuned<Text> original = checkpoint.head(Heads.maskedLm()).untrained(Text.class)) {
            final Forgetting nothing = Forgetting.ofMaskedLm(checkpoint, frozen, texts);
            assertThat(nothing.before()).isEqualTo(original.evaluate(texts).get("loss"));
            assertThat(nothing.change()).isZero();
            final Forgetting much = Forgetting.ofMaskedLm(checkpoint, full, texts);
            final Forgetting less = Forgetting.ofMaskedLm(checkpoint, near, texts);
            assertThat(much.before()).isEqualTo(nothing.before());
            assertThat(much.change()).isNotZero();
            assertThat(Math.abs(less.change())).isLessThan(Math.abs(much.change()));
            assertThat(Forgetting.ofMaskedLm(checkpoint, adapted, texts).change())
                    .isNotZero();
            assertThat(much.toString()).startsWith("loss ").contains("before").contains("after");
            assertThat(Forgetting.of(frozen, full, Jobs.data(20, 3), "accuracy").metric())
                    .isEqualTo("accuracy");
            final FineTuner classifier = FineTuner.from(Jobs.model("bert-sequence-classification"));
            assertThatThrownBy(() -> Forgetting.ofMaskedLm(classifier, full, texts))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("masked-LM head");
        }
    }

    @Test
    void forgettingOfAnotherEncoderIsRefused() {
        final FineTuner checkpoint = FineTuner.from(Jobs.model("bert-masked-lm"));
        try (FineTuned<Text> other = FineTuner.from(Jobs.model("distilbert-sequence-classification"))
                .head("bad", "good")
                .untrained(Text.class)) {
            assertThatThrownBy(() -> Forgetting.ofMaskedLm(checkpoint, other, TRAIN))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("another one");
        }
    }
}
