package dev.finetune.trackers;

import dev.finetune.error.FinetuneException;
import dev.finetune.train.EpochReport;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingControl;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What all trackers share: numbers by name and step, from the beginning of a training to its end. */
abstract class ScalarTracker implements TrainingListener {
    private @Nullable TrainingControl control;
    private boolean isUnderWay;

    /** A training begins, with its settings in words. */
    abstract void begin(Plan plan, Map<String, String> settings);

    /**
     * Numbers of a step or an evaluation.
     *
     * @param step optimizer steps done by then
     * @param epoch epochs done by then
     */
    abstract void scalars(long step, double epoch, Map<String, Double> values);

    /** It is over. */
    abstract void end(End how);

    /** How a training ended. */
    enum End {
        FINISHED,
        CANCELLED,
        FAILED
    }

    /** What may be asked of the training under way. */
    final TrainingControl control() {
        if (control == null) {
            throw new IllegalStateException("no training is under way");
        }
        return control;
    }

    @Override
    public void attached(TrainingControl given) {
        if (isUnderWay) {
            throw new FinetuneException(
                    "This tracker follows a training that isn't over: give each of two trainings at once"
                            + " a tracker of its own.");
        }
        control = given;
    }

    @Override
    public void started(Plan plan) {
        isUnderWay = true;
        begin(plan, control().settings());
    }

    @Override
    public void stepped(StepReport report) {
        scalars(report.step(), report.epoch(), of(report));
    }

    @Override
    public void evaluated(EpochReport report) {
        scalars(report.step(), report.epoch(), of(report));
    }

    @Override
    public void finished(TrainingHistory history) {
        isUnderWay = false;
        end(history.end().isByRequest() ? End.CANCELLED : End.FINISHED);
    }

    @Override
    public void failed(Throwable cause) {
        isUnderWay = false;
        end(End.FAILED);
    }

    private static Map<String, Double> of(StepReport report) {
        final Map<String, Double> values = new LinkedHashMap<>();
        values.put("train/loss", report.loss());
        values.put("train/gradient_norm", report.gradientNorm());
        values.put("train/learning_rate", report.learningRate());
        return values;
    }

    private static Map<String, Double> of(EpochReport report) {
        final Map<String, Double> values = new LinkedHashMap<>();
        values.put("train/mean_loss", report.trainingLoss());
        values.put("train/rows_per_second", report.rowsPerSecond());
        report.validation()
                .ifPresent(metrics ->
                        metrics.names().forEach(name -> values.put("validation/" + name, metrics.get(name))));
        return values;
    }
}
