package dev.finetune.trackers;

import dev.finetune.PredictionListener;
import dev.finetune.train.EpochReport;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import java.time.Duration;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/**
 * Events for Java Flight Recorder, which JDK Mission Control shows under "Finetune": each step, each wait for its batches, each
 * evaluation with its loss, and each prediction. They cost next to nothing while nothing is recorded.
 *
 * <pre>{@code
 * tuner.listener(FlightRecorder.training()).fit(dataset); // java -XX:StartFlightRecording=filename=run.jfr ...
 * }</pre>
 */
public final class FlightRecorder {
    private FlightRecorder() {}

    /** {@return a listener for {@link dev.finetune.FineTuner#listener}} */
    public static TrainingListener training() {
        return new Training();
    }

    /** {@return a listener for {@link dev.finetune.FineTuned#watched}} */
    public static PredictionListener predictions() {
        return new Predictions();
    }

    /** A step of training. */
    @Name("dev.finetune.Step")
    @Label("Training Step")
    @Category("Finetune")
    @Description("Forward, backward and update of the batches of a step")
    @StackTrace(false)
    static final class StepEvent extends Event {
        @Label("Step")
        long step;

        @Label("Loss")
        double loss;

        @Label("Gradient Norm")
        double gradientNorm;

        @Label("Learning Rate")
        double learningRate;

        @Label("Rows")
        int rows;
    }

    /** A wait for batches. */
    @Name("dev.finetune.BatchWait")
    @Label("Batch Wait")
    @Category("Finetune")
    @Description("How long a step waited for its batches")
    @StackTrace(false)
    static final class BatchWaitEvent extends Event {
        @Label("Waited")
        @Timespan(Timespan.NANOSECONDS)
        long waited;
    }

    /** An evaluation. */
    @Name("dev.finetune.Evaluation")
    @Label("Evaluation")
    @Category("Finetune")
    @Description("The end of an epoch, or an evaluation within one")
    @StackTrace(false)
    static final class EvaluationEvent extends Event {
        @Label("Step")
        long step;

        @Label("Epoch")
        double epoch;

        @Label("Training Loss")
        double trainingLoss;

        @Label("Validation Loss")
        double validationLoss;

        @Label("Rows per Second")
        double rowsPerSecond;
    }

    /** A prediction. */
    @Name("dev.finetune.Prediction")
    @Label("Prediction")
    @Category("Finetune")
    @Description("A call of predict, with all its inputs")
    @StackTrace(false)
    static final class PredictionEvent extends Event {
        @Label("Inputs")
        int inputs;

        @Label("Took")
        @Timespan(Timespan.NANOSECONDS)
        long took;

        @Label("Failed")
        boolean failed;
    }

    private static final class Training implements TrainingListener {
        private StepEvent step = new StepEvent();
        private EvaluationEvent evaluation = new EvaluationEvent();

        @Override
        public void fetched(double seconds) {
            final BatchWaitEvent wait = new BatchWaitEvent();
            wait.waited = (long) (seconds * 1e9);
            wait.commit();
            step = new StepEvent();
            step.begin();
        }

        @Override
        public void stepped(StepReport report) {
            step.end();
            step.step = report.step();
            step.loss = report.loss();
            step.gradientNorm = report.gradientNorm();
            step.learningRate = report.learningRate();
            step.rows = report.rows();
            step.commit();
            evaluation = new EvaluationEvent();
            evaluation.begin(); // If one comes, it begins now.
        }

        @Override
        public void evaluated(EpochReport report) {
            evaluation.end();
            evaluation.step = report.step();
            evaluation.epoch = report.epoch();
            evaluation.trainingLoss = report.trainingLoss();
            evaluation.validationLoss = report.validation()
                    .filter(metrics -> metrics.names().contains("loss"))
                    .map(metrics -> metrics.get("loss"))
                    .orElse(Double.NaN);
            evaluation.rowsPerSecond = report.rowsPerSecond();
            evaluation.commit();
        }
    }

    private static final class Predictions implements PredictionListener {
        @Override
        public void predicted(int inputs, Duration took) {
            commit(inputs, took, false);
        }

        @Override
        public void failed(int inputs, Duration took, Throwable cause) {
            commit(inputs, took, true);
        }

        private static void commit(int inputs, Duration took, boolean failed) {
            final PredictionEvent event = new PredictionEvent();
            event.inputs = inputs;
            event.took = took.toNanos();
            event.failed = failed;
            event.commit();
        }
    }
}
