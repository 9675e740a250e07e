package dev.finetune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import dev.finetune.peft.Ia3;
import dev.finetune.peft.Lora;
import dev.finetune.train.EarlyStopping;
import dev.finetune.train.OptimizerSettings;
import dev.finetune.train.Schedule;
import dev.finetune.train.TrainingSettings;
import dev.finetune.train.Warmup;
import dev.finetune.train.WeightDecay;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was said stays said, whatever is said before or after it. */
class SettingsOrderTest {
    @TempDir
    private Path folder;

    private static final FineTuner TUNER = FineTuner.from("no-model-is-needed");

    private static void sameInAnyOrder(UnaryOperator<FineTuner> one, UnaryOperator<FineTuner> other) {
        assertThat(one.apply(other.apply(TUNER)).settings())
                .isEqualTo(other.apply(one.apply(TUNER)).settings());
    }

    @Test
    void aWarmUpStaysWhateverTheSchedule() {
        final Warmup tenth = new Warmup(0, 0.1);
        for (String name : Schedule.NAMES) {
            if (!name.equals("constant")) {
                final Schedule schedule = Schedule.named(name);
                sameInAnyOrder(tuner -> tuner.warmupRatio(0.1), tuner -> tuner.schedule(schedule));
                sameInAnyOrder(tuner -> tuner.warmupSteps(0), tuner -> tuner.schedule(schedule));
                final TrainingSettings settings =
                        TUNER.warmupRatio(0.1).schedule(schedule).settings();
                assertThat(settings.schedule().warmup()).as(name).isEqualTo(tenth);
            }
        }
        final FineTuner twice =
                TUNER.warmupRatio(0.1).schedule(Schedule.cosine()).schedule(Schedule.linear());
        assertThat(twice.settings().schedule()).isEqualTo(new Schedule.Linear(tenth));
    }

    @Test
    void ofTwoWarmUpsTheLaterCounts() {
        final Schedule own = Schedule.cosine().withWarmupSteps(7);
        final TrainingSettings later = TUNER.warmupRatio(0.1).schedule(own).settings();
        assertThat(later.schedule()).isEqualTo(own);
        final FineTuner given = TUNER.warmupRatio(0.1).schedule(own).schedule(Schedule.linear());
        assertThat(given.settings().schedule()).isEqualTo(Schedule.linear());
        assertThat(TUNER.schedule(own).warmupRatio(0.1).settings().schedule())
                .isEqualTo(Schedule.cosine().withWarmupRatio(0.1));
        assertThat(TUNER.warmupRatio(0.1).warmupSteps(7).settings().schedule())
                .isEqualTo(Schedule.linear().withWarmupSteps(7));
    }

    @Test
    void aWarmUpOfAConstantRateIsRefusedWhicheverIsSaidFirst() {
        assertThatThrownBy(() -> TUNER.schedule(Schedule.constant()).warmupSteps(9))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("constant schedule", "9 warm-up steps", "constantWithWarmup()");
        assertThatThrownBy(() -> TUNER.warmupSteps(9).schedule(Schedule.constant()))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("constant schedule", "9 warm-up steps", "constantWithWarmup()");
    }

    @Test
    void aWeightDecayStaysWhateverTheOptimizer() {
        sameInAnyOrder(tuner -> tuner.weightDecay(0.01), tuner -> tuner.optimizer(OptimizerSettings.sgd(0.9)));
        assertThat(TUNER.weightDecay(0.01)
                        .optimizer(OptimizerSettings.sgd(0.9))
                        .settings()
                        .optimizer()
                        .weightDecay())
                .isEqualTo(WeightDecay.of(0.01));
        final OptimizerSettings own = OptimizerSettings.sgd(0.9).withWeightDecay(WeightDecay.of(0.5));
        assertThat(TUNER.weightDecay(0.01).optimizer(own).settings().optimizer())
                .isEqualTo(own);
    }

    @Test
    void aMetricThatWasNamedStaysNamed() {
        sameInAnyOrder(tuner -> tuner.keepBest("f1_macro"), tuner -> tuner.earlyStopping(2));
        sameInAnyOrder(tuner -> tuner.keepBest(), tuner -> tuner.earlyStopping("loss", 2, 0));
        sameInAnyOrder(tuner -> tuner.keepBest("f1_macro"), tuner -> tuner.earlyStopping("loss", 2, 0));
        final TrainingSettings one = TUNER.keepBest("f1_macro").earlyStopping(2).settings();
        assertThat(one.bestMetric()).isEqualTo("f1_macro");
        assertThat(one.earlyStopping()).contains(new EarlyStopping("f1_macro", 2, 0));
        final TrainingSettings other =
                TUNER.earlyStopping("loss", 2, 0).keepBest().settings();
        assertThat(other.bestMetric()).isEqualTo("loss");
        final TrainingSettings both =
                TUNER.keepBest("f1_macro").earlyStopping("loss", 2, 0).settings();
        assertThat(both.bestMetric()).isEqualTo("f1_macro");
        assertThat(both.earlyStopping()).contains(new EarlyStopping("loss", 2, 0));
        assertThat(TUNER.earlyStopping(2).settings().bestMetric()).isEmpty();
    }

    private static void refusesBoth(UnaryOperator<FineTuner> one, UnaryOperator<FineTuner> other, String... words) {
        for (UnaryOperator<FineTuner> both : List.<UnaryOperator<FineTuner>>of(
                tuner -> one.apply(other.apply(tuner)), tuner -> other.apply(one.apply(tuner)))) {
            assertThatThrownBy(() -> both.apply(TUNER))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContainingAll(words);
        }
    }

    @Test
    void aModelIsAdaptedInOneWayWhicheverIsSaidFirst() throws IOException {
        Files.writeString(
                folder.resolve("adapter_config.json"),
                "{\"peft_type\": \"LORA\", \"r\": 2, \"target_modules\": [\"query\"]}");
        refusesBoth(
                tuner -> tuner.lora(Lora.rank(2)),
                tuner -> tuner.ia3(Ia3.usual()),
                "lora(...)",
                "ia3(...)",
                "leave one");
        refusesBoth(
                tuner -> tuner.lora(Lora.rank(2)),
                tuner -> tuner.adapter(folder),
                "lora(...)",
                "adapter(...)",
                "leave one");
        refusesBoth(
                tuner -> tuner.ia3(Ia3.usual()),
                tuner -> tuner.adapter(folder),
                "ia3(...)",
                "adapter(...)",
                "leave one");
        refusesBoth(
                tuner -> tuner.initialization(i -> i.randomWeights(true)),
                tuner -> tuner.adapter(folder),
                "randomWeights(true)",
                "adapter(...)");
        final FineTuner again = TUNER.lora(Lora.rank(2)).lora(Lora.rank(4));
        assertThat(again.describe()).isEqualTo(TUNER.lora(Lora.rank(4)).describe());
    }

    @Test
    void classesAreWeighedInOneWayWhicheverIsSaidFirst() {
        refusesBoth(
                tuner -> tuner.loss(l -> l.classWeights(1, 2)),
                tuner -> tuner.loss(l -> l.balancedClassWeights()),
                "classWeights(...)",
                "balancedClassWeights()",
                "one of the two");
    }
}
