package dev.finetune.internal.run;

import dev.finetune.data.Dataset;
import dev.finetune.error.DivergedException;
import dev.finetune.error.FinetuneException;
import dev.finetune.report.LearningRateTest;
import dev.finetune.train.Cancellation;
import dev.finetune.train.KnowledgePreservation;
import dev.finetune.train.Regularization;
import dev.finetune.train.Schedule;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import dev.finetune.train.TrainingSettings;
import java.util.List;
import java.util.Optional;

/** Runs a learning-rate range test through the training loop, on a model of its own. */
public final class RateFinding<I> {
    private final Draft draft;
    private final LearningRateTest.Range range;

    public RateFinding(Draft draft, LearningRateTest.Range range) {
        Sharing.refuse(draft.processes(), "findLearningRate(...)");
        this.draft = draft;
        this.range = range;
    }

    public LearningRateTest run(Dataset<I> dataset) {
        final LearningRateTest.Recorder recorder = new LearningRateTest.Recorder();
        final Cancellation theirs = draft.cancellation();
        final Cancellation ours = new Cancellation();
        final TrainingListener recording = new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                if (!recorder.add(report.learningRate(), report.loss()) || theirs.isRequestedHere()) {
                    ours.cancel();
                }
            }
        };
        final Draft test = draft.training(this::ofRange)
                .runs(SavedRuns.NONE)
                .watch(new Draft.Watch(
                        List.of(recording), ours, Optional.empty(), Optional.empty(), Optional.empty()));
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

    /** Without what needs a run of its own length, or an end of its own. */
    private TrainingSettings ofRange(TrainingSettings said) {
        return said.learningRate(range.lowest())
                .schedule(new Schedule.Exponential(range.highest()))
                .maxSteps(range.steps())
                .preservation(KnowledgePreservation.DEFAULT.layerDecay(
                        said.preservation().layerDecay()))
                .regularization(new Regularization(said.regularization().dropout(), 0, Optional.empty()))
                .evaluation(said.evaluation().everySteps(0))
                .earlyStopping(Optional.empty())
                .keepBest(Optional.empty());
    }
}
