package dev.finetune.internal.run;

import dev.finetune.data.Dataset;
import dev.finetune.error.DivergedException;
import dev.finetune.error.FinetuneException;
import dev.finetune.report.LearningRateTest;
import dev.finetune.train.Cancellation;
import dev.finetune.train.KnowledgePreservation;
import dev.finetune.train.Schedule;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import java.util.List;
import java.util.Optional;

/** Runs a learning-rate range test through the training loop, on a model of its own. */
public final class RateFinding<I> {
    private final Draft draft;
    private final LearningRateTest.Range range;

    public RateFinding(Draft draft, LearningRateTest.Range range) {
        this.draft = draft;
        this.range = range;
    }

    public LearningRateTest run(Dataset<I> dataset) {
        final Draft test = draft.copy();
        final LearningRateTest.Recorder recorder = new LearningRateTest.Recorder();
        final Cancellation theirs = draft.cancellation;
        final Cancellation ours = new Cancellation();
        test.learningRate = range.lowest();
        test.schedule = new Schedule.Exponential(range.highest());
        test.maxSteps = range.steps();
        test.preservation = KnowledgePreservation.NONE.withLayerDecay(test.preservation.layerDecay());
        test.evaluateEvery = 0;
        test.earlyStopping = Optional.empty();
        test.keepBest = false;
        test.checkpoints = null;
        test.resumeFrom = null;
        test.cancellation = ours;
        test.listeners = List.of(new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                if (!recorder.add(report.learningRate(), report.loss()) || theirs.isRequestedHere()) {
                    ours.cancel();
                }
            }
        });
        try (Trained<I> trained = new Fitting<I>(test).fit(dataset, Optional.empty())) {
            if (theirs.isRequestedHere()) {
                throw new FinetuneException("The test of learning rates was cancelled; what it would suggest depends on"
                        + " the rates that it didn't come to.");
            }
            return recorder.result(range);
        } catch (DivergedException e) {
            return recorder.result(range); // The rates that were too high have been seen.
        }
    }
}
