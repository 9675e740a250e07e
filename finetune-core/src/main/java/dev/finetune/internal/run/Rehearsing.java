package dev.finetune.internal.run;

import dev.finetune.data.Dataset;
import dev.finetune.preference.PreferenceLoss;
import dev.finetune.report.DryRun;
import dev.finetune.report.Forecast;
import dev.finetune.report.LayerSummary;
import dev.finetune.train.Rehearsal;
import dev.finetune.train.TrainingListener;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Tries a fit out, on a model of its own that is thrown away: what it would do and take, without writing anything. */
public final class Rehearsing<I> {
    private final Draft draft;
    private final Map<String, Object> more;
    private final Optional<PreferenceFitting<I>> preferences;
    private final Set<String> warnings = new LinkedHashSet<>();

    public Rehearsing(Draft said) {
        this(said, Optional.empty());
    }

    /** Of a fit that learns which of two answers is preferred. */
    public Rehearsing(Draft said, PreferenceLoss loss) {
        this(said, Optional.of(loss));
    }

    private Rehearsing(Draft said, Optional<PreferenceLoss> loss) {
        Sharing.refuse(said.processes(), "describe(...) or dryRun(...)");
        final Draft quiet = said.runs(SavedRuns.NONE)
                .watch(new Draft.Watch(
                        List.of(collecting(warnings)),
                        said.cancellation(),
                        said.report(),
                        Optional.empty(),
                        Optional.empty()));
        this.preferences = loss.map(each -> new PreferenceFitting<I>(quiet, each));
        this.draft = preferences.map(PreferenceFitting::draft).orElse(quiet);
        this.more = preferences.map(PreferenceFitting::more).orElse(Map.of());
    }

    public Forecast describe(Dataset<I> train, Optional<Dataset<I>> validation) {
        try (ResidentPeak peak = ResidentPeak.watching();
                Prepared<I> prepared = prepared(train, validation)) {
            final LoadedModel<I> model = prepared.model();
            final Rehearsal rehearsal = rehearsal(model);
            final Rehearsal.Planned planned = rehearsal.plan(prepared.training(), prepared.evaluation());
            warnings.addAll(planned.warnings());
            final Rehearsal.FirstStep first = rehearsal.firstStep(planned, prepared.training(), prepared.evaluation());
            warnings.addAll(first.warnings());
            final Rehearsal.Costs costs = rehearsal.costs(planned, first, prepared.training(), prepared.evaluation());
            return new Forecast(
                    Reporting.fitted(model),
                    SettingsText.settings(SettingsText.describe(draft, more)),
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

    public DryRun dryRun(Dataset<I> train, Optional<Dataset<I>> validation) {
        try (ResidentPeak peak = ResidentPeak.watching();
                Prepared<I> prepared = prepared(train, validation)) {
            final Rehearsal rehearsal = rehearsal(prepared.model());
            final Rehearsal.Planned planned = rehearsal.plan(prepared.training(), prepared.evaluation());
            warnings.addAll(planned.warnings());
            final Rehearsal.FirstStep first = rehearsal.firstStep(planned, prepared.training(), prepared.evaluation());
            warnings.addAll(first.warnings());
            return new DryRun(planned.plan(), first, peak.megabytes(), List.copyOf(warnings));
        }
    }

    private Prepared<I> prepared(Dataset<I> train, Optional<Dataset<I>> validation) {
        return preferences.isPresent()
                ? preferences.get().prepare(train, validation)
                : new Fitting<I>(draft).prepare(train, validation, new ArrayList<>());
    }

    private Rehearsal rehearsal(LoadedModel<I> model) {
        return new Rehearsal(
                model.assembly().network(),
                preferences
                        .map(fitting -> fitting.task(model))
                        .orElse(model.assembly().task()),
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
