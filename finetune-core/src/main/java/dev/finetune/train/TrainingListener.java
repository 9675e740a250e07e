package dev.finetune.train;

import java.nio.file.Path;
import java.util.List;

/**
 * Is told what happens, on the training thread: be quick. One that throws while {@link dev.finetune.FineTuner} trains is named in a
 * warning and told nothing more but how training ended, which goes on. {@link Trainer} itself lets through what it throws.
 */
public interface TrainingListener {
    /**
     * Training is about to begin; called before {@link #started}.
     *
     * @param control what may be asked of this training while it goes on
     */
    default void attached(TrainingControl control) {}

    /**
     * Training begins.
     *
     * @param plan what is about to be done
     */
    default void started(Plan plan) {}

    /**
     * The batches of the next step were fetched; called before the step is made.
     *
     * @param seconds how long training waited for them
     */
    default void fetched(double seconds) {}

    /**
     * A step was made.
     *
     * @param report the step's number, loss, learning rate and pace
     */
    default void stepped(StepReport report) {}

    /**
     * An epoch ended, or an evaluation was made.
     *
     * @param report losses and metrics
     */
    default void evaluated(EpochReport report) {}

    /**
     * A checkpoint was written.
     *
     * @param checkpoint its folder
     * @param step optimizer steps done
     */
    default void checkpointed(Path checkpoint, long step) {}

    /**
     * Training goes on from a checkpoint; called after {@link #started}.
     *
     * @param checkpoint its folder
     * @param step optimizer steps done by then
     * @param evaluations those that were made by then
     */
    default void resumed(Path checkpoint, long step, List<EpochReport> evaluations) {}

    /**
     * Something that will hurt was found, before or while training.
     *
     * @param message a sentence or two for the user
     */
    default void warned(String message) {}

    /**
     * {@return whether what it is warned of reaches a person, so that it isn't also printed on standard error where
     * nothing is bound to SLF4J}
     */
    default boolean showsWarnings() {
        return false;
    }

    /**
     * Training is over.
     *
     * @param history of the whole training
     */
    default void finished(TrainingHistory history) {}

    /**
     * The model has written for some rows of the validation data, before training and after it; called after {@link #finished}, where
     * that was asked for ({@link dev.finetune.FineTuner#samples(int)}).
     *
     * @param samples what it wrote
     */
    default void sampled(WrittenSamples samples) {}

    /**
     * Training ended by an exception, which is thrown on; called in place of {@link #finished}.
     *
     * @param cause what was thrown
     */
    default void failed(Throwable cause) {}

    /**
     * What is about to be done.
     *
     * @param rows training rows per epoch, or -1 where not known (streams)
     * @param validationRows validation rows
     * @param steps optimizer steps in all, or -1 where not known
     * @param trainedParameters how many numbers are trained
     * @param parameters how many numbers there are
     * @param metric the task's main metric, such as "accuracy"
     */
    record Plan(long rows, long validationRows, long steps, long trainedParameters, long parameters, String metric) {}

    /**
     * {@return a listener that tells several}
     *
     * @param listeners told in this order
     */
    static TrainingListener all(List<TrainingListener> listeners) {
        return new TrainingListener() {
            @Override
            public void attached(TrainingControl control) {
                listeners.forEach(listener -> listener.attached(control));
            }

            @Override
            public void started(Plan plan) {
                listeners.forEach(listener -> listener.started(plan));
            }

            @Override
            public void fetched(double seconds) {
                listeners.forEach(listener -> listener.fetched(seconds));
            }

            @Override
            public void stepped(StepReport report) {
                listeners.forEach(listener -> listener.stepped(report));
            }

            @Override
            public void evaluated(EpochReport report) {
                listeners.forEach(listener -> listener.evaluated(report));
            }

            @Override
            public void checkpointed(Path checkpoint, long step) {
                listeners.forEach(listener -> listener.checkpointed(checkpoint, step));
            }

            @Override
            public void resumed(Path checkpoint, long step, List<EpochReport> evaluations) {
                listeners.forEach(listener -> listener.resumed(checkpoint, step, evaluations));
            }

            @Override
            public void warned(String message) {
                listeners.forEach(listener -> listener.warned(message));
            }

            @Override
            public boolean showsWarnings() {
                return listeners.stream().anyMatch(TrainingListener::showsWarnings);
            }

            @Override
            public void finished(TrainingHistory history) {
                listeners.forEach(listener -> listener.finished(history));
            }

            @Override
            public void sampled(WrittenSamples samples) {
                listeners.forEach(listener -> listener.sampled(samples));
            }

            @Override
            public void failed(Throwable cause) {
                listeners.forEach(listener -> listener.failed(cause));
            }
        };
    }
}
