package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.fewshot.FewShot;
import dev.finetune.report.ConsoleProgress;
import dev.finetune.report.CrossValidation;
import dev.finetune.search.Auto;
import dev.finetune.search.AutoResult;
import dev.finetune.search.Search;
import dev.finetune.search.SearchResult;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Interrupting the thread that trains is a cancellation: what was learned is kept, and the thread stays interrupted. */
@Timeout(60)
class InterruptionTest {
    @TempDir
    private Path folder;

    private final Recorder recorder = new Recorder();

    @AfterEach
    void clear() {
        Thread.interrupted();
    }

    /** Interrupts the thread that trains in a step, counted from 1, of all trainings together. */
    private static TrainingListener interruptingAt(int step) {
        final AtomicInteger steps = new AtomicInteger();
        return new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                if (steps.incrementAndGet() == step) {
                    Thread.currentThread().interrupt();
                }
            }
        };
    }

    @Test
    void theStepUnderWayIsTheLastAndTheModelIsSavedAsItIs() {
        try (FineTuned<Text> tuned = Jobs.classifier()
                .epochs(50)
                .listener(recorder)
                .listener(interruptingAt(3))
                .fit(Jobs.data(40, 1), Jobs.data(8, 2))) {
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
            assertThat(Jobs.history(tuned).steps()).hasSize(3);
            assertThat(Jobs.history(tuned).end()).isEqualTo(TrainingHistory.End.CANCELLED);
            assertThat(recorder.ends).hasSize(1);
            tuned.save(folder);
            assertThat(Thread.interrupted()).isTrue();
            try (FineTuned<Text> loaded = FineTuned.load(folder)) {
                assertThat(Jobs.weights(loaded)).usingRecursiveComparison().isEqualTo(Jobs.weights(tuned));
            }
        }
    }

    @Test
    void anEvaluationIsGivenUpRatherThanOfAPartOfTheData() {
        try (FineTuned<Text> tuned = Jobs.classifier()
                .epochs(50)
                .evaluation(e -> e.everySteps(3))
                .listener(recorder)
                .listener(interruptingAt(6))
                .fit(Jobs.data(40, 1), Jobs.data(8, 2))) {
            assertThat(recorder.evaluations).hasSize(1);
            assertThat(Jobs.history(tuned).steps()).hasSize(6);
            assertThatThrownBy(tuned::evaluation).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> tuned.evaluate(Jobs.data(8, 2)))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("nterrupted");
            assertThat(Thread.interrupted()).isTrue();
            assertThat(tuned.evaluate(Jobs.data(8, 2)).get("accuracy"))
                    .isEqualTo(Jobs.accuracy(tuned, Jobs.data(8, 2)));
        }
    }

    @Test
    void theBestWeightsAreKeptWhereTheyWereAskedFor() {
        try (FineTuned<Text> tuned = Jobs.classifier()
                .epochs(50)
                .evaluation(e -> e.everySteps(3))
                .keepBest()
                .listener(interruptingAt(8))
                .fit(Jobs.data(40, 1), Jobs.data(8, 2))) {
            assertThat(Thread.interrupted()).isTrue();
            assertThat(tuned.evaluation().get("accuracy")).isEqualTo(Jobs.accuracy(tuned, Jobs.data(8, 2)));
            assertThat(Jobs.history(tuned).steps()).hasSize(8);
        }
    }

    @Test
    void dataThatNeverComesDoesntHoldItUp() {
        final Thread fitting = Thread.currentThread();
        final CountDownLatch never = new CountDownLatch(1);
        final Dataset<Text> stream = Dataset.streamed(
                Text.class,
                () -> IntStream.iterate(0, i -> i + 1).boxed().flatMap(i -> {
                    if (i == 8 * 64 / 16) { // One window of batches was read.
                        fitting.interrupt();
                        try {
                            never.await();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    }
                    return Jobs.reviews(16, i).stream();
                }));
        try (FineTuned<Text> tuned = Jobs.classifier().maxSteps(1000).fitAll(stream)) {
            assertThat(Thread.interrupted()).isTrue();
            assertThat(Jobs.history(tuned).steps()).hasSizeBetween(1, 64);
            assertThat(Jobs.history(tuned).end()).isEqualTo(TrainingHistory.End.CANCELLED);
        }
    }

    @Test
    void aThreadThatIsInterruptedAlreadyDoesntBegin() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> Jobs.classifier().fitAll(Jobs.data(8, 1)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("The thread is interrupted");
        assertThat(Thread.currentThread().isInterrupted()).isTrue();
    }

    @Test
    void crossValidationAndTheTestOfRatesSayThatTheyDidntComeToTheirEnd() {
        final FineTuner tuner = Jobs.classifier().epochs(1);
        assertThatThrownBy(() -> {
                    final CrossValidation none =
                            tuner.listener(interruptingAt(6)).crossValidate(Jobs.data(40, 1), 2);
                    assertThat(none).isNull();
                })
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("cancelled after 1 of 2 folds");
        assertThat(Thread.interrupted()).isTrue();

        final Thread fitting = Thread.currentThread();
        final Dataset<Text> slow = Dataset.streamed(
                Text.class,
                () -> Jobs.reviews(4000, 1).stream().peek(row -> {
                    if (row.input().text().length() > 60) {
                        fitting.interrupt();
                    }
                }));
        assertThatThrownBy(() -> tuner.findLearningRate(slow))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("interrupt");
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void aSearchKeepsTheTrialsThatEnded() {
        for (int parallel : new int[] {1, 2}) {
            final Thread searching = Thread.currentThread();
            final SearchResult result = Search.over(Jobs.classifier().epochs(1))
                    .logUniform("lr", 1e-4, 1e-2, FineTuner::lr)
                    .trials(50)
                    .parallel(parallel)
                    .onTrial(trial -> searching.interrupt())
                    .run(Jobs.data(32, 1), Jobs.data(8, 2));
            assertThat(Thread.interrupted()).isTrue();
            assertThat(result.trials()).hasSizeBetween(1, parallel);
        }
    }

    @Test
    void automaticTuningGivesTheBestByThen() {
        try (FineTuned<Text> tuned = automatic().model()) {
            assertThat(Thread.interrupted()).isTrue();
            assertThat(tuned.predict(Text.of("great"))).isNotNull();
        }
    }

    private static AutoResult<Text> automatic() {
        return Auto.of(Jobs.classifier().epochs(1).listener(interruptingAt(20)))
                .within(Duration.ofMinutes(10))
                .fit(Jobs.data(32, 1), Jobs.data(8, 2));
    }

    @Test
    void fewShotLearningKeepsWhatThePairsTaughtAndItsHead() {
        try (FineTuned<Text> tuned =
                Jobs.classifier().listener(interruptingAt(2)).fitFewShot(Jobs.data(16, 1), FewShot.usual())) {
            assertThat(Thread.interrupted()).isTrue();
            assertThat(Jobs.history(tuned).steps()).hasSize(2);
            assertThat(tuned.evaluate(Jobs.data(16, 1)).get("accuracy")).isGreaterThan(0.5);
        }
    }

    @Test
    void whatIsWarnedOfReachesTheResultAndOnceAConsole() {
        final ByteArrayOutputStream errors = new ByteArrayOutputStream();
        final ByteArrayOutputStream shown = new ByteArrayOutputStream();
        final PrintStream before = System.err;
        System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
        try {
            final FineTuner silent = Jobs.classifier().warmupSteps(54_321).epochs(1);
            for (int i = 0; i < 2; i++) {
                try (FineTuned<Text> tuned = silent.fitAll(Jobs.data(8, 1))) {
                    assertThat(tuned.provenance().warnings()).anyMatch(warning -> warning.contains("54321"));
                }
            }
            Jobs.classifier()
                    .warmupSteps(65_432)
                    .epochs(1)
                    .listener(ConsoleProgress.plain(new PrintStream(shown, true, StandardCharsets.UTF_8)))
                    .fitAll(Jobs.data(8, 1))
                    .close();
        } finally {
            System.setErr(before);
        }
        assertThat(errors.toString(StandardCharsets.UTF_8))
                .containsOnlyOnce("54321")
                .doesNotContain("65432");
        assertThat(shown.toString(StandardCharsets.UTF_8)).containsOnlyOnce("warning: 65432 warm-up steps");
    }
}
