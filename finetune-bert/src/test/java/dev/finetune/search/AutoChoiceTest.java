package dev.finetune.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.bert.job.Jobs;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Heads;
import dev.finetune.search.AutoResult.Attempt;
import dev.finetune.train.Cancellation;
import dev.finetune.train.Schedule;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;

/** What automatic tuning makes of settings, data and a wish to stop, by a clock on which a step takes a second. */
class AutoChoiceTest {
    private static final Dataset<Text> TRAIN = Jobs.data(32, 7);
    private static final Dataset<Text> VALIDATION = Jobs.data(24, 8);

    private final Cancellation cancellation = new Cancellation();
    private long now;
    private int trainings;

    /** Cancels in a step of a training, both counted from 1; the range test and the probe of the time don't count. */
    private TrainingListener ticking(int cancelledTraining, int cancelledStep) {
        return new TrainingListener() {
            private boolean counts;

            @Override
            public void started(Plan plan) {
                counts = plan.steps() != 12;
                trainings += counts ? 1 : 0;
            }

            @Override
            public void stepped(StepReport report) {
                now += 1_000_000_000L;
                if (counts && trainings == cancelledTraining && report.step() == cancelledStep) {
                    cancellation.cancel();
                }
            }
        };
    }

    private TimeBudget seconds(int seconds) {
        return new TimeBudget(Duration.ofSeconds(seconds), cancellation, () -> now);
    }

    private FineTuner tuner(TrainingListener listener) {
        return Jobs.classifier()
                .lr(5e-4)
                .batchSize(16)
                .epochs(2)
                .listener(listener)
                .cancellation(cancellation);
    }

    private AutoResult<Text> auto(UnaryOperator<FineTuner> change, int seconds) {
        return AutoRun.fit(change.apply(tuner(ticking(0, 0))), TRAIN, VALIDATION, seconds(seconds));
    }

    @Test
    void aConstantRateStaysConstant() {
        try (AutoResult<Text> result = auto(tuner -> tuner.schedule(Schedule.constant()), 150)) {
            assertThat(result.attempts()).as(result.explanation()).hasSizeGreaterThan(1);
            assertThat(result.explanation()).doesNotContain("warm-up");
            assertThat(result.tuner().settings().schedule()).isEqualTo(Schedule.constant());
        }
    }

    @Test
    void aNumberOfStepsThatWasSetHoldsForAllThatIsTried() {
        try (AutoResult<Text> result = auto(tuner -> tuner.maxSteps(6), 120)) {
            assertThat(result.attempts()).as(result.explanation()).hasSizeGreaterThan(4);
            assertThat(result.explanation()).contains("6 steps").doesNotContain("epochs");
            assertThat(result.model().history().orElseThrow().steps()).hasSize(6);
        }
    }

    @Test
    void aLabelThatOnlyOneFoldHoldsIsKnownToAll() {
        final List<Example<Text>> examples = new ArrayList<>(Jobs.data(20, 2).asList());
        examples.add(new Example<>(Text.of("the price"), Label.of("mixed")));
        final Dataset<Text> rare = Dataset.of(Text.class, examples);
        try (AutoResult<Text> result = AutoRun.fit(tuner(ticking(0, 0)).head(3), rare, seconds(40))) {
            assertThat(result.model().labels()).hasSize(3);
            assertThat(result.explanation()).contains("4 folds");
        }
        final Dataset<Text> several = rare.map(e ->
                new Example<>(e.input(), new Label.Categories(Set.of(((Label.Category) e.label()).name()))));
        try (AutoResult<Text> result =
                AutoRun.fit(tuner(ticking(0, 0)).head(Heads.multiLabel()), several, seconds(40))) {
            assertThat(result.model().labels()).hasSize(3);
        }
    }

    @Test
    void cancelledItGivesTheBestByThenAndFreesTheRest() {
        final FineTuner tuner = tuner(ticking(2, 1));
        final long before = Pointer.totalCount();
        try (AutoResult<Text> result = AutoRun.fit(tuner, TRAIN, VALIDATION, seconds(200))) {
            assertThat(trainings).isEqualTo(2);
            assertThat(result.chosen().name()).isEqualTo("as set");
            assertThat(result.attempts().get(1).value()).isNaN();
            assertThat(result.attempts().get(1).reason()).contains("cancelled");
            assertThat(result.explanation()).contains("It was cancelled");
            assertThat(result.model().evaluate(VALIDATION).get("accuracy"))
                    .isEqualTo(result.chosen().value());
        }
        assertThat(Pointer.totalCount()).isEqualTo(before);
    }

    @Test
    void cancelledBeforeThereIsAModelItSaysSo() {
        final long before = Pointer.totalCount();
        assertThatThrownBy(() -> AutoRun.fit(tuner(ticking(1, 1)), TRAIN, VALIDATION, seconds(200)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("cancelled before any training came to its end");
        assertThatThrownBy(() -> AutoRun.fit(tuner(ticking(6, 1)), TRAIN, seconds(200)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("cancelled");
        assertThat(Pointer.totalCount()).isEqualTo(before);
    }

    @Test
    void itsSettingsTrainItsModelAgain() {
        try (AutoResult<Text> result = auto(tuner -> tuner.lr(1e-5), 150)) {
            assertThat(result.chosen().name()).as(result.explanation()).isNotEqualTo("as set");
            try (FineTuned<Text> again = result.tuner().fit(TRAIN, VALIDATION)) {
                assertThat(again.predict(Text.of("great price")).logits().get(0))
                        .isEqualTo(result.model()
                                .predict(Text.of("great price"))
                                .logits()
                                .get(0));
            }
        }
    }

    @Test
    void theMetricThatTheBestIsKeptByIsWhatIsComparedBy() {
        try (AutoResult<Text> result = auto(tuner -> tuner.earlyStopping("loss", 5, 0), 100)) {
            assertThat(result.metric()).isEqualTo("loss");
            assertThat(result.chosen().value()).isEqualTo(result.chosen().loss());
            assertThat(result.model().evaluation().get("loss"))
                    .isEqualTo(result.chosen().value());
            assertThat(result.tuner().settings().bestMetric()).isEqualTo("loss");
        }
    }

    @Test
    void settingsThatAreRefusedAreTriedInVainAndNoMore() {
        final FineTuner sharing = FineTuner.from(Jobs.model("albert-sequence-classification"))
                .head("bad", "good")
                .maxLength(32)
                .lr(5e-4)
                .batchSize(16)
                .epochs(2)
                .listener(ticking(0, 0));
        try (AutoResult<Text> result = AutoRun.fit(sharing, TRAIN, VALIDATION, seconds(600))) {
            assertThat(result.attempts())
                    .as(result.explanation())
                    .filteredOn(attempt -> attempt.reason().contains("it was refused:")
                            && attempt.reason().contains("layers share their weights"))
                    .isNotEmpty()
                    .extracting(Attempt::value)
                    .containsOnly(Double.NaN);
        }
    }

    /** Whether a training that its time ends is evaluated is the loop's to say; what isn't has no score. */
    @Test
    void whereTimeIsUpBeforeAnEvaluationThereIsAResultOrAClearWord() {
        final FineTuner tuner =
                tuner(ticking(0, 0)).evaluation(e -> e.everySteps(500)).maxTime(Duration.ofNanos(1_000_000));
        final long before = Pointer.totalCount();
        try (AutoResult<Text> result = AutoRun.fit(tuner, TRAIN, VALIDATION, seconds(30))) {
            assertThat(result.explanation()).contains("its time was up");
        } catch (FinetuneException e) {
            assertThat(e).hasMessageContainingAll("its time was up", "everySteps");
        }
        assertThat(Pointer.totalCount()).isEqualTo(before);
    }

    @Test
    void whatIsChosenForFewRowsLearnsOnAllOfThemNoShorterThanOnAFold() {
        int steps = 0;
        for (int attempt = 0;
                attempt < 5 && steps < 2;
                attempt++) { // The time is real: a step may wait for the machine.
            try (AutoResult<Text> result =
                    Auto.of(tuner(ticking(0, 0))).within(Duration.ofMillis(1)).fit(TRAIN)) {
                steps = result.model().history().orElseThrow().steps().size();
            }
        }
        assertThat(steps).isGreaterThan(1);
    }

    @Test
    void noTimeAtAllIsRefused() {
        for (Duration budget : List.of(Duration.ZERO, Duration.ofSeconds(-5))) {
            assertThatThrownBy(() -> Auto.of(tuner(ticking(0, 0))).within(budget))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining(budget.toString());
        }
    }
}
