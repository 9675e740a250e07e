package dev.finetune.search;

import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.internal.Folders;
import dev.finetune.internal.PlainNumbers;
import dev.finetune.internal.SettingLines;
import dev.finetune.internal.Warnings;
import dev.finetune.internal.run.ReportWriter;
import dev.finetune.internal.run.SettingsText;
import dev.finetune.metrics.MetricOrder;
import dev.finetune.record.DataPart;
import dev.finetune.record.SearchRecord;
import dev.finetune.record.Setting;
import dev.finetune.record.TuningRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The page of a search or of an automatic tuning. One that can't be written is warned of: what was found isn't lost. */
final class SearchPage {
    private static final Logger LOG = LoggerFactory.getLogger(Search.class);

    private final Path page;
    private final List<DataPart> data;
    private final String started = Instant.now().toString();
    private final long start = System.nanoTime();

    /**
     * A page, which can be written.
     *
     * @throws dev.finetune.error.FinetuneException if it can't
     */
    SearchPage(Path page, Dataset<?> train, Optional<? extends Dataset<?>> validation) {
        ReportWriter.checkPage(page);
        this.page = page;
        this.data = new ArrayList<>();
        data.add(part("training", train));
        validation.ifPresent(other -> data.add(part("validation", other)));
    }

    private static DataPart part(String name, Dataset<?> data) {
        return new DataPart(name, Folders.hidden(data.describe()), data.size().orElse(-1), Map.of(), Optional.empty());
    }

    private double seconds() {
        return (System.nanoTime() - start) / 1e9;
    }

    private static Optional<String> library() {
        return Optional.ofNullable(SearchPage.class.getPackage().getImplementationVersion());
    }

    /** Writes the trials of a search that have ended. */
    void write(FineTuner tuner, SearchDraft draft, MetricOrder metric, List<Trial> ranked) {
        written(() -> ReportWriter.write(
                page,
                new SearchRecord(
                        setting(tuner, "model"),
                        metric.metric(),
                        metric.higherIsBetter(),
                        how(draft),
                        settings(tuner),
                        data,
                        draft.dimensions.stream().map(SearchPage::dimension).toList(),
                        ranked.stream().map(SearchPage::row).toList(),
                        started,
                        seconds(),
                        library())));
    }

    /** Writes what an automatic tuning came to. */
    void write(AutoResult<?> result, FineTuner tuner, Duration given) {
        written(() -> ReportWriter.write(
                page,
                new TuningRecord(
                        setting(tuner, "model"),
                        result.metric(),
                        result.reasons(),
                        result.attempts().stream()
                                .map(one -> new TuningRecord.Attempt(
                                        one.name(),
                                        one.reason(),
                                        one.value(),
                                        one.loss(),
                                        one.seconds(),
                                        one.equals(result.chosen())))
                                .toList(),
                        settings(result.tuner()),
                        data,
                        started,
                        given.toMillis() / 1e3,
                        seconds(),
                        library())));
    }

    private void written(Runnable writing) {
        try {
            writing.run();
        } catch (RuntimeException | LinkageError | StackOverflowError | OutOfMemoryError e) {
            Warnings.say(
                    LOG,
                    "The report couldn't be written to " + page + ": " + e + ". The result is there all the same.");
        }
    }

    private static List<Setting> settings(FineTuner tuner) {
        return SettingsText.settings(tuner.describe());
    }

    private static String setting(FineTuner tuner, String name) {
        return settings(tuner).stream()
                .filter(setting -> setting.name().equals(name))
                .map(Setting::value)
                .findFirst()
                .orElse("a model");
    }

    private static List<Setting> how(SearchDraft draft) {
        final List<Setting> lines = new ArrayList<>();
        lines.add(new Setting(
                "trials", draft.trials + (draft.parallel == 1 ? "" : ", " + draft.parallel + " at once"), false));
        lines.add(new Setting("chosen by", SettingLines.text(draft.sampler), false));
        lines.add(new Setting(
                "stopped early", draft.halving.map(SearchPage::words).orElse("none"), false));
        draft.maxTime.ifPresent(time -> lines.add(new Setting("no trial begins after", PlainNumbers.of(time), false)));
        lines.add(new Setting("seed of what is tried", Long.toString(draft.seed), false));
        return lines;
    }

    private static String words(Halving halving) {
        final int factor = halving.factor();
        return "after evaluations " + halving.first() + ", " + (long) halving.first() * factor + ", "
                + (long) halving.first() * factor * factor + " and so on, of each of which the best 1/" + factor
                + " of the trials that came there by then go on";
    }

    private static SearchRecord.Dimension dimension(Dimension dimension) {
        final String words = dimension.describe();
        final String range = PlainNumbers.in(words.substring(words.indexOf(": ") + 2));
        if (dimension instanceof Dimension.Choice<?> choice) {
            return new SearchRecord.Dimension(
                    dimension.name(),
                    range,
                    SearchRecord.Scale.CHOICES,
                    choice.values().stream().map(String::valueOf).toList());
        }
        final boolean isLogarithmic = dimension instanceof Dimension.Real real && real.logarithmic();
        return new SearchRecord.Dimension(
                dimension.name(),
                range,
                isLogarithmic ? SearchRecord.Scale.LOGARITHMIC : SearchRecord.Scale.LINEAR,
                List.of());
    }

    private static SearchRecord.TrialRow row(Trial trial) {
        return new SearchRecord.TrialRow(
                trial.number(),
                trial.settings(),
                SearchRecord.State.valueOf(trial.state().name()),
                trial.value(),
                trial.metrics(),
                trial.seconds(),
                trial.reason());
    }
}
