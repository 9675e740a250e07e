package dev.finetune.html;

import dev.finetune.html.chart.Axis;
import dev.finetune.html.chart.Chart;
import dev.finetune.html.chart.Series;
import dev.finetune.html.page.Block;
import dev.finetune.html.page.Page;
import dev.finetune.html.page.Section;
import dev.finetune.record.Setting;
import dev.finetune.record.TuningRecord;
import dev.finetune.record.TuningRecord.Attempt;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The page of an automatic tuning: what was chosen and why, what was tried, and where the time went. */
final class TuningPage {
    private final TuningRecord tuning;
    private final String metric;
    private final List<Double> numbers;
    private final Axis x;

    private TuningPage(TuningRecord tuning) {
        this.tuning = tuning;
        this.metric = Told.name(tuning.metric());
        this.numbers = IntStream.rangeClosed(1, tuning.attempts().size())
                .mapToObj(i -> (double) i)
                .toList();
        this.x = Axis.whole(
                "what was tried, by number", 1, Math.max(1, tuning.attempts().size()));
    }

    static Page of(TuningRecord tuning) {
        return new TuningPage(tuning).page();
    }

    private Page page() {
        final List<Block> tried = new ArrayList<>();
        tried.add(new Block.Figures(
                Stream.concat(values().stream(), Stream.of(seconds())).toList()));
        tried.add(table());
        return new Page(
                "Automatic tuning of " + tuning.base(),
                "Chooses by " + metric + ".",
                List.of(new Block.Facts(facts())),
                List.of(
                        new Section("why", "Why it was chosen", List.of(new Block.Bullets(tuning.reasons()))),
                        new Section("tried", "What was tried", tried),
                        new Section("settings", "What was chosen", settings())),
                MadeBy.of(tuning.library(), "tuning", tuning.started()));
    }

    private Optional<Attempt> chosen() {
        return tuning.attempts().stream().filter(Attempt::isChosen).findFirst();
    }

    private List<Block.Fact> facts() {
        final List<Block.Fact> facts = new ArrayList<>();
        chosen().ifPresent(one -> facts.add(new Block.Fact("chosen", one.name(), one.reason())));
        chosen().ifPresent(one -> facts.add(new Block.Fact(
                metric + " of the chosen",
                Told.metric(tuning.metric(), one.value()),
                "loss " + Told.number(one.loss()))));
        facts.add(new Block.Fact("tried", Told.count(tuning.attempts().size()), "settings"));
        facts.add(new Block.Fact(
                "time",
                Told.seconds(tuning.seconds()),
                "of " + Told.seconds(tuning.givenSeconds()) + " that were given"));
        return facts;
    }

    private Optional<Block.Figure> values() {
        final double[] values = of(Attempt::value);
        if (DoubleStream.of(values).noneMatch(Double::isFinite)) {
            return Optional.empty();
        }
        final List<Series> series = new ArrayList<>();
        series.add(series("tried", false));
        series.add(series("chosen", true));
        return Optional.of(new Block.Figure(
                Chart.of(
                        "values",
                        "What each came to: " + metric,
                        chosen().map(one ->
                                        "Chosen: number " + (tuning.attempts().indexOf(one) + 1) + ", with "
                                                + Told.metric(tuning.metric(), one.value()) + ".")
                                .orElse("Nothing was chosen."),
                        x,
                        Axis.spanning(metric, values),
                        series),
                numbers("Numbers: " + metric, metric, one -> Told.metric(tuning.metric(), one.value()))));
    }

    private Series series(String name, boolean isChosen) {
        return new Series(
                name,
                numbers,
                tuning.attempts().stream()
                        .map(one -> one.isChosen() == isChosen ? one.value() : Double.NaN)
                        .toList(),
                Series.Look.POINTS);
    }

    private double[] of(ToDoubleFunction<Attempt> value) {
        return tuning.attempts().stream().mapToDouble(value).toArray();
    }

    private Block.Figure seconds() {
        final double[] seconds = of(Attempt::seconds);
        return new Block.Figure(
                Chart.ofBars(
                        "seconds",
                        "How long each took",
                        Told.seconds(DoubleStream.of(seconds).sum()) + " in all.",
                        x,
                        Axis.fromZero("seconds", seconds),
                        IntStream.range(0, seconds.length)
                                .mapToObj(i -> new Chart.Bar(i + 0.6, i + 1.4, seconds[i]))
                                .toList()),
                numbers("Numbers: seconds", "time", one -> Told.seconds(one.seconds())));
    }

    /** What is told of an attempt. */
    private interface Words {
        String of(Attempt attempt);
    }

    private Block.Table numbers(String caption, String name, Words words) {
        return new Block.Table(
                caption,
                List.of(Block.Column.number("number"), Block.Column.number(name)),
                IntStream.range(0, tuning.attempts().size())
                        .mapToObj(i -> List.of(
                                Told.count(i + 1), words.of(tuning.attempts().get(i))))
                        .toList(),
                true);
    }

    private Block table() {
        return new Block.Table(
                "What was tried, in order",
                List.of(
                        Block.Column.number("number"),
                        Block.Column.text("settings"),
                        Block.Column.number(metric),
                        Block.Column.number("loss"),
                        Block.Column.number("time"),
                        Block.Column.text("why"),
                        Block.Column.text("choice")),
                IntStream.range(0, tuning.attempts().size())
                        .mapToObj(i -> {
                            final Attempt one = tuning.attempts().get(i);
                            return List.of(
                                    Told.count(i + 1),
                                    one.name(),
                                    Double.isNaN(one.value()) ? "none" : Told.metric(tuning.metric(), one.value()),
                                    Double.isNaN(one.loss()) ? "none" : Told.number(one.loss()),
                                    Told.seconds(one.seconds()),
                                    one.reason(),
                                    one.isChosen() ? "chosen" : "");
                        })
                        .toList(),
                false);
    }

    private List<Block> settings() {
        return List.of(
                SettingsSection.table(
                        "Settings that differ from the library's defaults",
                        tuning.tuner().stream()
                                .filter(setting -> !setting.isDefault())
                                .toList(),
                        false),
                SettingsSection.table(
                        "Settings left at the default",
                        tuning.tuner().stream().filter(Setting::isDefault).toList(),
                        true),
                DataSection.parts(tuning.data()));
    }
}
