package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.ClassCounts;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.data.Words;
import dev.finetune.error.DivergedException;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Heads;
import dev.finetune.task.Softmax;
import dev.finetune.train.Cancellation;
import dev.finetune.train.EpochReport;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bytedeco.pytorch.Scalar;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the settings of training do to a real job. */
class TrainingControlTest {
    private final Recorder recorder = new Recorder();

    /** Examples whose labels are the wrong way round: the more is learned, the worse it gets. */
    private static Dataset<Text> reversed(int count, long seed) {
        return Jobs.data(count, seed)
                .map(example -> new Example<>(
                        example.input(), Label.of(example.label().equals(Label.of("good")) ? "bad" : "good")));
    }

    @Test
    void earlyStoppingEndsAfterItsPatienceAndRestoresTheBest() {
        final Dataset<Text> validation = reversed(40, 2);
        try (FineTuned<Text> tuned = Jobs.classifier()
                .epochs(20)
                .evaluation(e -> e.everySteps(10))
                .earlyStopping("loss", 2, 0)
                .fit(Jobs.data(160, 1), validation)) {
            final TrainingHistory history = Jobs.history(tuned);
            assertThat(history.end()).isEqualTo(TrainingHistory.End.EARLY_STOPPING);
            final List<Double> losses = history.epochs().stream()
                    .map(report -> report.validation().orElseThrow().get("loss"))
                    .toList();
            final double best = losses.stream().mapToDouble(l -> l).min().orElseThrow();
            assertThat(losses.indexOf(best)).isEqualTo(losses.size() - 3);
            assertThat(history.steps()).hasSize(10 * losses.size());
            assertThat(history.best().orElseThrow().step()).isEqualTo(10L * (losses.size() - 2));
            assertThat(tuned.evaluation().get("loss")).isEqualTo(best);
            assertThat(tuned.evaluate(validation).get("loss")).isEqualTo(best);
        }
    }

    @Test
    void aMetricThatTheValidationDataCannotTellIsRefusedBeforeTraining() {
        final Dataset<Text> train = Jobs.data(32, 1);
        final Dataset<Text> oneClass =
                Jobs.data(16, 2).filter(example -> example.label().equals(Label.of("good")));
        for (FineTuner tuner : List.of(
                Jobs.classifier().earlyStopping("auroc", 2, 0),
                Jobs.classifier().keepBest("auroc"))) {
            assertThatThrownBy(() -> tuner.listener(recorder).fit(train, oneClass))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContainingAll("\"auroc\"", "no row is \"bad\"", "keepBest(\"loss\")");
        }
        assertThat(recorder.steps).isEmpty();
        try (FineTuned<Text> tuned = Jobs.classifier().epochs(1).keepBest().fit(train, oneClass)) {
            assertThat(tuned.provenance().warnings())
                    .anyMatch(warning -> warning.contains("Classes of train that never occur in validation: 1: bad"));
            assertThat(tuned.evaluation().get("auroc")).isNaN();
        }
    }

    @Test
    void whatIsSavedOfFindingsQuotesNoText() {
        final List<Example<Text>> rows = new ArrayList<>(Jobs.reviews(32, 1));
        rows.add(new Example<>(Text.of("my secret"), Label.of("good")));
        rows.add(new Example<>(Text.of("my secret"), Label.of("bad")));
        final List<Example<Text>> validation = new ArrayList<>(Jobs.reviews(16, 2));
        validation.add(rows.get(32));
        final List<String> heard = new ArrayList<>();
        final TrainingListener listener = new TrainingListener() {
            @Override
            public void warned(String message) {
                heard.add(message);
            }
        };
        try (FineTuned<Text> tuned = Jobs.classifier()
                .epochs(1)
                .listener(listener)
                .fit(Dataset.of(Text.class, rows), Dataset.of(Text.class, validation))) {
            assertThat(heard)
                    .filteredOn(message -> message.contains("my secret"))
                    .hasSize(3);
            assertThat(tuned.provenance().warnings())
                    .noneMatch(warning -> warning.contains("secret"))
                    .anyMatch(warning -> warning.contains("train 33 and validation 17"))
                    .anyMatch(warning -> warning.contains("train 33 and train 34"))
                    .anyMatch(warning -> warning.contains("more than once in train: 1: train 33"));
        }
    }

    @Test
    void timeUpEndsAfterAStep() {
        try (FineTuned<Text> tuned =
                Jobs.classifier().epochs(1000).maxTime(Duration.ofMillis(1)).fitAll(Jobs.data(32, 1))) {
            assertThat(Jobs.history(tuned).end()).isEqualTo(TrainingHistory.End.OUT_OF_TIME);
            assertThat(Jobs.history(tuned).steps()).hasSize(1);
        }
    }

    @Test
    void whatIsReportedIsOfTheWeightsThatWereKeptHoweverTrainingEnds() {
        final Dataset<Text> validation = Jobs.data(16, 2);
        final FineTuner tuner = Jobs.classifier().epochs(1000).evaluation(e -> e.everySteps(1000));
        try (FineTuned<Text> late = tuner.maxTime(Duration.ofMillis(1)).fit(Jobs.data(32, 1), validation)) {
            assertThat(late.evaluation().get("loss"))
                    .isEqualTo(late.evaluate(validation).get("loss"));
        }
        final Cancellation cancellation = new Cancellation();
        final FineTuner cancelled = tuner.evaluation(e -> e.everySteps(2))
                .cancellation(cancellation)
                .listener(new TrainingListener() {
                    @Override
                    public void stepped(StepReport report) {
                        if (report.step() == 3) {
                            cancellation.cancel();
                        }
                    }
                });
        try (FineTuned<Text> stopped = cancelled.fit(Jobs.data(32, 1), validation)) {
            assertThat(Jobs.history(stopped).epochs()).hasSize(1);
            assertThatThrownBy(stopped::evaluation)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContainingAll("stopped before their evaluation", "evaluate(dataset)");
        }
    }

    @Test
    void aStreamThatIsLeftWithinAnEpochIsClosedHoweverTrainingEnds() {
        final AtomicInteger open = new AtomicInteger();
        final Dataset<Text> stream = Dataset.streamed(Text.class, () -> {
            open.incrementAndGet();
            return Jobs.reviews(2000, 1).stream().onClose(open::decrementAndGet);
        });
        try (FineTuned<Text> tuned = Jobs.classifier().maxSteps(2).fitAll(stream)) {
            assertThat(Jobs.history(tuned).steps()).hasSize(2);
            assertThat(open).hasValue(0);
        }
        assertThatThrownBy(() -> Jobs.classifier()
                        .maxSteps(100)
                        .lr(1e30)
                        .optimization(o -> o.maxGradientNorm(0))
                        .fitAll(stream))
                .isInstanceOf(DivergedException.class);
        assertThat(open).hasValue(0);
    }

    @Test
    void stepsMayEndWithinAnEpochAndGoBeyondTheEpochs() {
        for (int steps : new int[] {3, 11}) {
            try (FineTuned<Text> tuned =
                    Jobs.classifier().epochs(1).maxSteps(steps).fit(Jobs.data(32, 1), Jobs.data(8, 2))) {
                final TrainingHistory history = Jobs.history(tuned);
                assertThat(history.steps()).hasSize(steps);
                assertThat(history.end()).isEqualTo(TrainingHistory.End.FINISHED);
                final EpochReport last = history.epochs().get(history.epochs().size() - 1);
                assertThat(last.step()).isEqualTo(steps);
                assertThat(last.epoch()).isCloseTo(steps / 4.0, within(1e-12));
                assertThat(history.steps().get(steps - 1).learningRate()).isCloseTo(2e-3 / steps, within(1e-12));
            }
        }
    }

    @Test
    void evaluationsComeEveryFewStepsAndOnceAtTheEnd() {
        try (FineTuned<Text> tuned = Jobs.classifier()
                .epochs(2)
                .evaluation(e -> e.everySteps(3))
                .listener(recorder)
                .fit(Jobs.data(32, 1), Jobs.data(8, 2))) {
            assertThat(recorder.evaluations).extracting(EpochReport::step).containsExactly(3L, 6L, 8L);
            assertThat(recorder.evaluations).extracting(EpochReport::epoch).containsExactly(0.75, 1.5, 2.0);
            assertThat(tuned.evaluation().get("loss"))
                    .isEqualTo(recorder.evaluations
                            .get(2)
                            .validation()
                            .orElseThrow()
                            .get("loss"));
        }
    }

    /** The loss of the first step, over all the rows, as the formula has it. */
    private static double firstLoss(Dataset<Text> data, double smoothing, double... weights) {
        try (FineTuned<Text> untrained = Jobs.classifier().untrained(Text.class)) {
            double sum = 0;
            double weight = 0;
            for (Example<Text> example : data.asList()) {
                final float[] logits =
                        untrained.predict(example.input()).logits().get(0);
                final double[] p = Softmax.of(logits, 0, 2);
                final int truth = example.label().equals(Label.of("bad")) ? 0 : 1;
                sum -= (1 - smoothing) * weights[truth] * Math.log(p[truth]);
                sum -= smoothing / 2 * (weights[0] * Math.log(p[0]) + weights[1] * Math.log(p[1]));
                weight += weights[truth];
            }
            return sum / weight;
        }
    }

    private static StepReport firstStep(FineTuner tuner, Dataset<Text> data) {
        try (FineTuned<Text> tuned = tuner.batchSize(64).maxSteps(1).fitAll(data)) {
            return Jobs.history(tuned).steps().get(0);
        }
    }

    @Test
    void smoothingAndClassWeightsChangeTheLossAsTheFormulaSays() {
        final List<Example<Text>> few = new ArrayList<>(Jobs.reviews(40, 1));
        few.removeIf(example -> example.label().equals(Label.of("bad")) && few.indexOf(example) % 8 != 1);
        final Dataset<Text> data = Dataset.of(Text.class, few);
        final double bad = few.stream()
                .filter(example -> example.label().equals(Label.of("bad")))
                .count();
        final double[] balanced = {few.size() / (2 * bad), few.size() / (2 * (few.size() - bad))};
        assertThat(bad).isBetween(1.0, 10.0);
        final FineTuner tuner = Jobs.classifier();
        assertThat(firstStep(tuner, data).loss()).isCloseTo(firstLoss(data, 0, 1, 1), within(1e-5));
        assertThat(firstStep(tuner.loss(l -> l.labelSmoothing(0.2)), data).loss())
                .isCloseTo(firstLoss(data, 0.2, 1, 1), within(1e-5));
        assertThat(firstStep(tuner.loss(l -> l.balancedClassWeights()), data).loss())
                .isCloseTo(firstLoss(data, 0, balanced), within(1e-5));
        assertThat(firstStep(tuner.loss(l -> l.classWeights(3, 0.5).labelSmoothing(0.1)), data)
                        .loss())
                .isCloseTo(firstLoss(data, 0.1, 3, 0.5), within(1e-5));
    }

    @Test
    void balancedWeightsOfTagsAreThoseOfTheirCounts() {
        final Dataset<Words> data = Jobs.sentences(40, 1);
        final double outside = ClassCounts.of(data).balancedWeights().get("O");
        final double entity = ClassCounts.of(data).balancedWeights().get("B-X");
        final FineTuner tuner = FineTuner.from(Jobs.model("bert-sequence-classification"))
                .head(Heads.tokens("O", "B-X", "I-X"))
                .batchSize(64)
                .maxSteps(1);
        try (FineTuned<Words> plain = tuner.fitAll(data);
                FineTuned<Words> balanced =
                        tuner.loss(l -> l.balancedClassWeights()).fitAll(data);
                FineTuned<Words> given =
                        tuner.loss(l -> l.classWeights(outside, entity, entity)).fitAll(data)) {
            assertThat(Jobs.losses(balanced)).isEqualTo(Jobs.losses(given)).isNotEqualTo(Jobs.losses(plain));
        }
    }

    @Test
    void aStepWhoseRowsAllWeighNothingChangesNothingByItsLoss() {
        final FineTuner tuner = Jobs.inOrder().batchSize(1).weightDecay(0).regularization(r -> r.dropout(0.1));
        try (FineTuned<Text> tuned = tuner.loss(l -> l.classWeights(0, 1)).fitAll(Jobs.data(6, 1));
                FineTuned<Text> twice = tuner.loss(l -> l.classWeights(0, 1))
                        .regularization(r -> r.rDrop(1))
                        .preservation(p -> p.distill(1))
                        .fitAll(Jobs.data(6, 1))) {
            for (FineTuned<Text> each : List.of(tuned, twice)) {
                final List<Double> losses = Jobs.losses(each);
                for (int i = 0; i < 6; i++) {
                    assertThat(losses.get(i) > 0).as(losses.toString()).isEqualTo(i % 2 == 0);
                    assertThat(losses.get(i)).isNotNegative();
                }
            }
        }
    }

    @Test
    void aRateThatBlowsTheWeightsUpEndsWithTheStepAndItsRows() {
        assertThatThrownBy(() -> Jobs.inOrder()
                        .lr(1e30)
                        .optimization(o -> o.maxGradientNorm(0))
                        .fitAll(Jobs.data(64, 1)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("The loss became NaN at step 2")
                .hasMessageContaining("rows 8, 9, 10, 11, 12, 13, 14, 15")
                .hasMessageContaining("lower learning rate");
    }

    @Test
    void noRateIsBlamedForALossThatIsNotFiniteBeforeAnythingWasTrained(@TempDir Path folder) {
        final Path broken = Checkpoints.changed(
                "bert-sequence-classification",
                folder.resolve("broken"),
                tensors -> tensors.get("bert.encoder.layer.1.output.dense.weight")
                        .mul_(new Scalar(1e30))
                        .mul_(new Scalar(1e9)));
        assertThatThrownBy(() -> FineTuner.from(broken).head("bad", "good").fitAll(Jobs.data(16, 1)))
                .isInstanceOf(DivergedException.class)
                .hasMessageContaining("The loss became NaN at step 1")
                .hasMessageContaining("The first layer whose output isn't finite is layer.1: its weights, and what it"
                        + " reads, are finite, but too large")
                .hasMessageContaining("a lower learning rate won't help");
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.NEGATIVE_INFINITY})
    void aCheckpointWhoseWeightsAreNotFiniteIsRefusedByTheirName(double odd, @TempDir Path folder) {
        final Path broken = Checkpoints.changed(
                "bert-sequence-classification",
                folder.resolve("broken"),
                tensors -> tensors.get("bert.encoder.layer.1.output.dense.bias")
                        .narrow(0, 3, 2)
                        .fill_(new Scalar(odd)));
        final FineTuner tuner = FineTuner.from(broken).head("bad", "good");
        for (ThrowingCallable use : List.<ThrowingCallable>of(
                () -> tuner.fitAll(Jobs.data(16, 1)), () -> tuner.untrained(Text.class), tuner::summary)) {
            assertThatThrownBy(use)
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageMatching(
                            ".*broken: 2 of the \\d+ numbers of bert\\.encoder\\.layer\\.1\\.output\\.dense\\.bias"
                                    + " are NaN or infinite, the first at \\[3], .*");
        }
    }

    @Test
    void inputsInBothTrainAndValidationAreWarnedOf() {
        final List<Example<Text>> train = new ArrayList<>(Jobs.reviews(40, 1));
        final List<Example<Text>> validation = new ArrayList<>(Jobs.reviews(10, 2));
        validation.add(train.get(6));
        try (FineTuned<Text> tuned = Jobs.classifier()
                .epochs(1)
                .listener(recorder)
                .fit(Dataset.of(Text.class, train), Dataset.of(Text.class, validation))) {
            assertThat(recorder.warnings)
                    .anyMatch(warning -> warning.startsWith("Inputs in both train and validation: 1")
                            && warning.contains("train 7 and validation 11"));
            assertThat(tuned.provenance().warnings())
                    .hasSameSizeAs(recorder.warnings)
                    .anyMatch(warning -> warning.startsWith(
                            "Inputs in both train and validation: 1: train 7 and validation 11 (rows counted from 1)"));
        }
    }

    @Test
    void twoTunersAtOnceTrainToTheBitsThatEachTrainsToAlone() throws InterruptedException {
        final List<FineTuner> tuners = List.of(
                Jobs.classifier().regularization(r -> r.dropout(0.1)).epochs(1),
                Jobs.classifier().regularization(r -> r.dropout(0.3)).seed(5).epochs(1));
        final List<List<float[]>> alone =
                tuners.stream().map(tuner -> trained(tuner)).toList();
        final List<List<float[]>> together = new ArrayList<>(List.of(List.of(), List.of()));
        final List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            final int one = i;
            threads.add(new Thread(() -> together.set(one, trained(tuners.get(one)))));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(together).usingRecursiveComparison().isEqualTo(alone);
        assertThat(trained(tuners.get(0))).usingRecursiveComparison().isEqualTo(alone.get(0));
    }

    private static List<float[]> trained(FineTuner tuner) {
        try (FineTuned<Text> tuned = tuner.fitAll(Jobs.data(64, 1))) {
            return List.copyOf(Jobs.weights(tuned).values());
        }
    }
}
