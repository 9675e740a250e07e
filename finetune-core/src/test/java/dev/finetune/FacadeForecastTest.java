package dev.finetune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.letters.Letters;
import dev.finetune.report.DryRun;
import dev.finetune.report.Forecast;
import dev.finetune.train.Cancellation;
import dev.finetune.train.Checkpoints;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a fit would do is told before it runs. */
class FacadeForecastTest {
    private static final Dataset<Text> TRAIN = Letters.data(100, 1);
    private static final Dataset<Text> VALIDATION = Letters.data(40, 2);

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

    @Test
    void stepsEvaluationsLayersAndParametersAreThoseOfTheFit() {
        final FineTuner tuner = tuner().freeze(1).batchSize(8);
        final Forecast forecast = tuner.describe(TRAIN, VALIDATION);
        final List<TrainingListener.Plan> plans = new ArrayList<>();
        try (FineTuned<Text> tuned = tuner.listener(new TrainingListener() {
                    @Override
                    public void started(Plan plan) {
                        plans.add(plan);
                    }
                })
                .fit(TRAIN, VALIDATION)) {
            assertThat(forecast.planned().plan()).isEqualTo(plans.get(0));
            assertThat(forecast.planned().plan().steps())
                    .isEqualTo(tuned.history().orElseThrow().steps().size());
            assertThat(forecast.planned().evaluations())
                    .isEqualTo(tuned.history().orElseThrow().epochs().size());
        }
        assertThat(forecast.planned().stepsPerEpoch()).isEqualTo(13);
        assertThat(forecast.toString())
                .contains("52, 13 an epoch; evaluated 4 times", "embeddings to layer.0 frozen", "to head trained")
                .contains("freezing: ", "100 to train on, 40 to evaluate on", "What will hurt");
    }

    @Test
    void timeIsTheSumOfWhatItsPartsTake() {
        final Forecast forecast = tuner().freeze(1).describe(TRAIN, VALIDATION);
        final List<Double> steps = forecast.costs().stepSeconds();
        assertThat(steps).hasSize(2).allMatch(seconds -> seconds > 0);
        assertThat(forecast.trainingSeconds())
                .isCloseTo(forecast.costs().startSeconds() + 13 * steps.get(0) + 39 * steps.get(1), within(1e-9));
        assertThat(forecast.evaluationSeconds())
                .isCloseTo(
                        forecast.costs().firstEvaluationSeconds()
                                + 3 * forecast.costs().evaluationSeconds(),
                        within(1e-9))
                .isPositive();
        assertThat(forecast.seconds())
                .isCloseTo(
                        forecast.loadingSeconds()
                                + forecast.encodingSeconds()
                                + forecast.trainingSeconds()
                                + forecast.evaluationSeconds(),
                        within(1e-9));
    }

    @Test
    void whileLayersUnfreezeEachEpochIsMeasured() {
        assertThat(tuner().preservation(p -> p.gradualUnfreezing(1))
                        .describe(TRAIN, VALIDATION)
                        .costs()
                        .stepSeconds())
                .hasSize(4);
        assertThat(tuner().describe(TRAIN, VALIDATION).costs().stepSeconds()).hasSize(1);
    }

    @Test
    void accumulatedBatchesAndAPartOfAnEpochAreCountedAsTheFitDoes() {
        final Forecast forecast =
                tuner().optimization(o -> o.accumulate(4)).epochs(1.5).describe(TRAIN, VALIDATION);
        assertThat(forecast.planned().stepsPerEpoch()).isEqualTo(4);
        assertThat(forecast.planned().plan().steps()).isEqualTo(6);
        assertThat(forecast.planned().evaluations()).isEqualTo(2);
    }

    @Test
    void aStreamOfKnownStepsIsDescribedWithoutItsEvaluations() {
        final Forecast forecast = tuner().maxSteps(30)
                .describe(
                        Dataset.streamed(Text.class, () -> Letters.words(100, 1).stream()),
                        Dataset.streamed(Text.class, () -> Letters.words(40, 2).stream()));
        assertThat(forecast.evaluationSeconds()).isNaN();
        assertThat(forecast.seconds()).isPositive();
        assertThat(forecast.toString())
                .contains("a stream to train on", "evaluations of a stream not counted", "at each end of the data");
    }

    @Test
    void aStreamThatIsEvaluatedEverySoManyStepsIsCountedInSteps() {
        final Forecast forecast = tuner().maxSteps(100)
                .optimization(o -> o.accumulate(4))
                .evaluation(e -> e.everySteps(25))
                .describe(Dataset.streamed(Text.class, () -> Letters.words(100, 1).stream()), VALIDATION);
        assertThat(forecast.planned().evaluations()).isEqualTo(4);
        assertThat(forecast.evaluationSeconds()).isPositive();
    }

    @Test
    void laterEvaluationsAreMeasuredApartWhereFrozenOutputsOfValidationRowsAreKept() {
        final Forecast forecast = tuner().freeze(2)
                .epochs(1)
                .evaluation(e -> e.everySteps(3))
                .describe(Letters.data(400, 1), Letters.data(400, 2));
        assertThat(forecast.costs().stepSeconds()).hasSize(2);
        assertThat(forecast.costs().evaluationSeconds())
                .isNotEqualTo(forecast.costs().firstEvaluationSeconds());
    }

    @Test
    void withoutValidationThereIsNothingToEvaluate() {
        final Forecast forecast = tuner().describeAll(TRAIN);
        assertThat(forecast.planned().evaluations()).isZero();
        assertThat(forecast.evaluationSeconds()).isZero();
        assertThat(forecast.toString()).contains("none to evaluate on", "evaluated never");
    }

    @Test
    void aMaximumTimeIsToldWhereItEndsTheTrainingSooner() {
        assertThat(tuner().maxTime(Duration.ofMillis(1))
                        .describe(TRAIN, VALIDATION)
                        .toString())
                .contains("training stops after 0.0 s");
    }

    @Test
    void whatWillHurtIsToldOnceAndTheFitsOwnListenersHearNothing() {
        final List<Object> heard = new ArrayList<>();
        final FineTuner tuner = tuner().freeze(2).warmupSteps(1000).lr(5e-5).listener(new TrainingListener() {
            @Override
            public void started(Plan plan) {
                heard.add(plan);
            }

            @Override
            public void warned(String message) {
                heard.add(message);
            }

            @Override
            public void stepped(StepReport report) {
                heard.add(report);
            }
        });
        final Forecast forecast = tuner.describe(TRAIN, VALIDATION);
        assertThat(forecast.warnings())
                .anyMatch(warning -> warning.contains("never reaches"))
                .anyMatch(warning -> warning.contains("too low for a bare head"))
                .doesNotHaveDuplicates();
        tuner.dryRun(TRAIN, VALIDATION);
        assertThat(heard).isEmpty();
    }

    @Test
    void oneStepOfTheLongestRowsIsMadeAndNothingIsWritten() {
        final DryRun run = tuner().batchSize(8)
                .checkpoints(Checkpoints.in(folder.resolve("checkpoints")).everySteps(1))
                .dryRun(TRAIN, VALIDATION);
        assertThat(run.first().step().step()).isEqualTo(1);
        assertThat(run.first().step().rows()).isEqualTo(8);
        assertThat(run.first().step().loss()).isPositive();
        assertThat(run.first().evaluation().orElseThrow().get("loss")).isPositive();
        assertThat(run.toString()).contains("The first of 52 steps", "8 longest rows", "Nothing was kept");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void aStepHasNoMoreRowsThanAnEpochHoweverManyBatchesAreToAddUp() {
        final FineTuner tuner = tuner().batchSize(8).optimization(o -> o.accumulate(100));
        final DryRun run = tuner.dryRun(Letters.data(48, 1), VALIDATION);
        assertThat(run.first().step().rows()).isEqualTo(48);
        assertThat(run.plan().steps()).isEqualTo(4);
    }

    @Test
    void heldBackRowsAreThoseOfTheFit() {
        assertThat(tuner().describe(TRAIN).planned().plan().validationRows()).isEqualTo(10);
        assertThat(tuner().dryRun(TRAIN).plan().rows()).isEqualTo(90);
    }

    @Test
    void whatAFitWouldRefuseIsRefusedInTheSameWords() {
        final FineTuner tuner = tuner().evaluation(e -> e.everySteps(0)).keepBest("no such");
        assertThatThrownBy(() -> tuner.describe(TRAIN, VALIDATION))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("no such");
        assertThatThrownBy(() -> tuner.dryRun(TRAIN, VALIDATION)).hasMessageContaining("no such");
        assertThatThrownBy(() -> tuner().describe(TRAIN, Dataset.of(Text.class, List.of())))
                .isInstanceOf(FinetuneException.class);
    }

    @Test
    void cancelledItSaysSo() {
        final Cancellation cancellation = new Cancellation();
        cancellation.cancel();
        assertThatThrownBy(() -> tuner().cancellation(cancellation).describe(TRAIN, VALIDATION))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("cancelled");
    }

    @Test
    void nothingNativeIsLeft() {
        tuner().freeze(1).dryRun(TRAIN, VALIDATION);
        final long before = Pointer.totalCount();
        tuner().freeze(1).describe(TRAIN, VALIDATION);
        tuner().freeze(1).dryRun(TRAIN, VALIDATION);
        assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
    }
}
