package dev.finetune.spi;

import dev.finetune.record.FitRecord;
import dev.finetune.train.TrainingListener;

/**
 * A listener that shows a fit while it goes on: beside what every listener is told it is given, on the thread that fits, what is
 * known of the fit before its first step and when it is over.
 */
public interface FitWatcher extends TrainingListener {
    /**
     * A fit is about to begin; nothing was computed yet.
     *
     * @throws dev.finetune.error.FinetuneException if it can't be shown, which keeps it from beginning
     */
    void opening();

    /**
     * Model and data are there, and training is about to begin.
     *
     * @param fit all that is known by now; its course is empty
     */
    void begins(FitRecord fit);

    /**
     * The fit is over, be it that it failed on its way; not called where it failed before it began.
     *
     * @param fit all that there is to show
     */
    void ended(FitRecord fit);

    /** The fit is over, whatever became of it, and nothing of it is told any more: lets go of everything. */
    void closing();
}
