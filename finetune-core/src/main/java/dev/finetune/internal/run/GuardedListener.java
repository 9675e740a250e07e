package dev.finetune.internal.run;

import dev.finetune.internal.Warnings;
import dev.finetune.train.EpochReport;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingControl;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import dev.finetune.train.WrittenSamples;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;

/**
 * Keeps a training going whose listener throws: the listener is named in a warning, and told nothing more but how training ended, so
 * that it can let go of what it holds.
 */
final class GuardedListener implements TrainingListener {
    private final TrainingListener listener;
    private final Logger log;
    private boolean threw;

    private GuardedListener(TrainingListener listener, Logger log) {
        this.listener = listener;
        this.log = log;
    }

    /** A listener that tells several, each of which may fail alone. */
    static TrainingListener all(List<TrainingListener> listeners, Logger log) {
        return TrainingListener.all(listeners.stream()
                .<TrainingListener>map(listener -> new GuardedListener(listener, log))
                .toList());
    }

    /** Errors, such as a heap that ran out, are let through. */
    private void tell(String what, Consumer<TrainingListener> event) {
        if (threw) {
            return;
        }
        try {
            event.accept(listener);
        } catch (Exception e) { // Of other languages, checked ones too.
            threw = true;
            log.debug("A listener threw", e);
            Warnings.say(
                    log,
                    "The listener " + listener.getClass().getName() + " threw " + named(e) + at(e)
                            + " when it was told "
                            + what
                            + ". It is told nothing more; training goes on. Catch in the listener what may fail there.");
        }
    }

    private void tellEnd(String what, Consumer<TrainingListener> event) {
        if (threw) {
            try {
                event.accept(listener);
            } catch (Exception e) {
                log.debug("A listener threw again", e);
            }
        } else {
            tell(what, event);
        }
    }

    /** Its message may throw in turn. */
    private static String named(Exception e) {
        try {
            return e.toString();
        } catch (RuntimeException ofMessage) {
            return e.getClass().getName();
        }
    }

    private static String at(Exception e) {
        final StackTraceElement[] trace = e.getStackTrace();
        return trace.length == 0 ? "" : " (at " + trace[0] + ")";
    }

    @Override
    public void attached(TrainingControl control) {
        tell("that training is about to begin", told -> told.attached(control));
    }

    @Override
    public void started(Plan plan) {
        tell("that training begins", told -> told.started(plan));
    }

    @Override
    public void fetched(double seconds) {
        tell("that batches were fetched", told -> told.fetched(seconds));
    }

    @Override
    public void stepped(StepReport report) {
        tell("of step " + report.step(), told -> told.stepped(report));
    }

    @Override
    public void evaluated(EpochReport report) {
        tell("of the evaluation after step " + report.step(), told -> told.evaluated(report));
    }

    @Override
    public void checkpointed(Path checkpoint, long step) {
        tell("of the checkpoint after step " + step, told -> told.checkpointed(checkpoint, step));
    }

    @Override
    public void resumed(Path checkpoint, long step, List<EpochReport> evaluations) {
        tell("that training goes on from step " + step, told -> told.resumed(checkpoint, step, evaluations));
    }

    @Override
    public void warned(String message) {
        tell("of a warning", told -> told.warned(message));
    }

    @Override
    public boolean showsWarnings() {
        final boolean[] shows = {false};
        tell("to say whether it shows warnings", told -> shows[0] = told.showsWarnings());
        return shows[0];
    }

    @Override
    public void finished(TrainingHistory history) {
        tellEnd("that training is over", told -> told.finished(history));
    }

    @Override
    public void sampled(WrittenSamples samples) {
        tell("of what the model writes", told -> told.sampled(samples));
    }

    @Override
    public void failed(Throwable cause) {
        tellEnd("that training failed", told -> told.failed(cause));
    }
}
