package dev.finetune.internal.run;

import dev.finetune.data.Dataset;
import dev.finetune.data.Split;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.metrics.Metrics;
import dev.finetune.report.CrossValidation;
import dev.finetune.task.DecidingMetric;
import dev.finetune.train.TrainingSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Trains a model per fold, one after the other. */
public final class CrossValidating<I> {
    private final Draft draft;
    private String main = "";

    public CrossValidating(Draft draft) {
        Sharing.refuse(draft.processes(), "crossValidate(...)");
        this.draft = draft;
    }

    public CrossValidation run(Dataset<I> dataset, int count) {
        draft.checkNoReport("crossValidate(...)");
        final List<Split<I>> folds = dataset.folds(count, draft.settings().seed());
        final Head head = LoadedModel.head(draft, dataset); // A rare class may be missing from what one fold trains on.
        for (Split<I> fold : folds) {
            checkDeciding(head, fold.validation());
        }
        final Draft known = draft.head(head);
        final Optional<FoldResults> results = results(known, dataset, count);
        final List<Metrics> metrics = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final int fold = i + 1;
            final Optional<Metrics> done = results.flatMap(all -> all.of(fold));
            metrics.add(done.isPresent() ? done.get() : train(known, folds.get(i), fold, count, results));
        }
        return new CrossValidation(main, metrics);
    }

    private Metrics train(Draft known, Split<I> data, int fold, int count, Optional<FoldResults> results) {
        final Draft one = known.runs(new SavedRuns(results.map(all -> all.checkpoints(fold)), Optional.empty()));
        try (Trained<I> trained = new Fitting<I>(one).fit(data.train(), Optional.of(data.validation()))) {
            if (draft.cancellation().isRequestedHere()) {
                throw new FinetuneException("Cross-validation was cancelled after " + (fold - 1) + " of " + count
                        + " folds; its result would depend on when.");
            }
            main = trained.model().assembly().task().mainMetric();
            final Metrics metrics = trained.evaluation().orElseThrow();
            results.ifPresent(all -> all.add(fold, metrics));
            return metrics;
        }
    }

    private Optional<FoldResults> results(Draft known, Dataset<I> dataset, int count) {
        return known.runs().only().map(checkpoints -> {
            try (LoadedModel<I> model = LoadedModel.openToTrain(known, dataset)) {
                main = model.assembly().task().mainMetric();
                return FoldResults.open(
                        checkpoints,
                        FoldResults.identity(SettingsText.identity(known, Map.of(), model), model, dataset, count));
            }
        });
    }

    /** Looks at all folds before the first is trained. */
    private void checkDeciding(Head head, Dataset<I> validation) {
        final TrainingSettings settings = draft.settings();
        final List<String> labels = head.labels();
        if (settings.keepBest().isPresent()) {
            DecidingMetric.check(settings.bestMetric(), labels, validation);
        }
        settings.earlyStopping().ifPresent(stopping -> DecidingMetric.check(stopping.metric(), labels, validation));
    }
}
