package dev.finetune.internal.run;

import dev.finetune.data.Dataset;
import dev.finetune.report.DryRun;
import dev.finetune.report.Forecast;
import dev.finetune.report.LayerSummary;
import dev.finetune.train.Rehearsal;
import dev.finetune.train.TrainingListener;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Tries a fit out, on a model of its own that is thrown away: what it would do and take, without writing anything. */
public final class Rehearsing<I> {
    private final Draft draft;
    private final Set<String> warnings = new LinkedHashSet<>();

    public Rehearsing(Draft said) {
        Sharing.refuse(said.processes(), "describe(...) or dryRun(...)");
        this.draft = said.runs(SavedRuns.NONE)
                .watch(new Draft.Watch(
                        List.of(collecting(warnings)), said.cancellation(), said.report(), Optional.empty(), Optional.empty()));
    }

    public Forecast describe(Dataset<I> train, Optional<Dataset<I>> validation) {
        try (ResidentPeak peak = ResidentPeak.watching();
                Prepared<I> prepared = prepared(train, validation)) {
            final LoadedModel<I> model = prepared.model();
            final Rehearsal rehearsal = rehearsal(model);
            final Rehearsal.Planned planned = rehearsal.plan(prepared.training(), prepared.evaluation());
            warnings.addAll(planned.warnings());
            warnings.addAll(rehearsal
                    .firstStep(planned, prepared.training(), prepared.evaluation())
                    .warnings());
            final Rehearsal.Costs costs = rehearsal.costs(planned, prepared.training(), prepared.evaluation());
            return new Forecast(
                    Reporting.fitted(model),
                    SettingsText.settings(SettingsText.describe(draft)),
                    LayerSummary.rows(model.assembly().network(), model::isOfAdapter),
                    planned,
                    costs,
                    model.isOnCpu() ? "the CPU" : "a GPU",
                    prepared.loadingSeconds(),
                    prepared.encodingSeconds(),
                    peak.megabytes().map(megabytes -> megabytes + (costs.keptBytes() >> 20)),
                    List.copyOf(warnings));
        }
    }

    public DryRun dryRun(Dataset<I> train, Dataset<I> validation) {
        try (ResidentPeak peak = ResidentPeak.watching();
                Prepared<I> prepared = prepared(train, Optional.of(validation))) {
            final Rehearsal rehearsal = rehearsal(prepared.model());
            final Rehearsal.Planned planned = rehearsal.plan(prepared.training(), prepared.evaluation());
            warnings.addAll(planned.warnings());
            final Rehearsal.FirstStep first = rehearsal.firstStep(planned, prepared.training(), prepared.evaluation());
            warnings.addAll(first.warnings());
            return new DryRun(planned.plan(), first, peak.megabytes(), List.copyOf(warnings));
        }
    }

    private Prepared<I> prepared(Dataset<I> train, Optional<Dataset<I>> validation) {
        return new Fitting<I>(draft).prepare(train, validation, new ArrayList<>());
    }

    private Rehearsal rehearsal(LoadedModel<I> model) {
        return new Rehearsal(
                model.assembly().network(),
                model.assembly().task(),
                draft.settings(),
                model.device(),
                draft.cancellation());
    }

    private static TrainingListener collecting(Set<String> warnings) {
        return new TrainingListener() {
            @Override
            public void warned(String message) {
                warnings.add(message);
            }

            @Override
            public boolean showsWarnings() {
                return true;
            }
        };
    }
}
