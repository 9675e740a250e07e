package dev.finetune;

import dev.finetune.data.Dataset;
import dev.finetune.data.Split;
import dev.finetune.metrics.Metrics;
import dev.finetune.task.DecidingMetric;
import dev.finetune.train.TrainingSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Trains a model per fold, one after the other. */
final class CrossValidating<I> {
    private final Draft draft;

    CrossValidating(Draft draft) {
        this.draft = draft;
    }

    CrossValidation run(Dataset<I> dataset, int count) {
        final List<Split<I>> folds = dataset.folds(count, draft.seed);
        draft.head = LoadedModel.head(draft, dataset); // A rare class may be missing from what one fold trains on.
        for (Split<I> fold : folds) {
            checkDeciding(fold.validation());
        }
        final List<Metrics> metrics = new ArrayList<>();
        String main = "";
        for (Split<I> fold : folds) {
            try (FineTuned<I> tuned = new Fitting<I>(draft.copy()).fit(fold.train(), Optional.of(fold.validation()))) {
                if (draft.cancellation.isRequestedHere()) {
                    throw new FinetuneException("Cross-validation was cancelled after " + metrics.size() + " of "
                            + count + " folds; its result would depend on when.");
                }
                metrics.add(tuned.evaluation());
                main = tuned.assembly().task().mainMetric();
            }
        }
        return new CrossValidation(main, metrics);
    }

    /** Looks at all folds before the first is trained. */
    private void checkDeciding(Dataset<I> validation) {
        final TrainingSettings settings = draft.training();
        final List<String> labels = Objects.requireNonNull(draft.head).labels();
        if (settings.keepBest()) {
            DecidingMetric.check(settings.bestMetric(), labels, validation);
        }
        settings.earlyStopping().ifPresent(stopping -> DecidingMetric.check(stopping.metric(), labels, validation));
    }
}
