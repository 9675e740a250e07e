package dev.finetune.html;

import dev.finetune.html.chart.Axis;
import dev.finetune.html.chart.Chart;
import dev.finetune.html.chart.Series;
import dev.finetune.html.page.Block;
import dev.finetune.html.page.Section;
import dev.finetune.record.Course;
import dev.finetune.train.EpochReport;
import dev.finetune.train.StepReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** How training went: losses, the metric, the learning rate, gradients, and how fast it was. */
final class CurvesSection {
    private static final int MOST_ROWS = 50;

    private final Course course;
    private final String metric;
    private final List<Double> steps;
    private final List<Double> evaluated;
    private final Axis x;

    private CurvesSection(Course course, String metric) {
        this.course = course;
        this.metric = metric;
        this.steps = course.steps().stream().map(step -> (double) step.step()).toList();
        this.evaluated = course.evaluations().stream()
                .map(report -> (double) report.step())
                .toList();
        this.x = Axis.of("optimizer step", 0, Math.max(1, course.stepsMade()));
    }

    /** Empty where no step was made. */
    static Optional<Section> of(Course course, String metric) {
        return course.steps().isEmpty() ? Optional.empty() : Optional.of(new CurvesSection(course, metric).section());
    }

    private Section section() {
        final List<Block.Figure> figures = new ArrayList<>();
        figures.add(losses());
        metric().ifPresent(figures::add);
        figures.add(ofSteps(
                "rate",
                "Learning rate",
                "learning rate",
                StepReport::learningRate,
                Axis.fromZero("learning rate", of(StepReport::learningRate)),
                Series.Look.LINE));
        figures.add(ofSteps(
                "gradients",
                "Norm of the gradients, before clipping",
                "gradient norm",
                StepReport::gradientNorm,
                Axis.spanning("gradient norm", of(StepReport::gradientNorm)),
                Series.Look.THIN));
        throughput().ifPresent(figures::add);
        final List<Block> blocks = new ArrayList<>();
        blocks.add(new Block.Prose(Parting.in(course)
                .map(parting -> "Training and validation loss part after step "
                        + Told.count(parting.from().step()) + ": the validation loss was "
                        + Told.number(Parting.loss(parting.from())) + " there and "
                        + Told.number(Parting.loss(parting.seen())) + " after step "
                        + Told.count(parting.seen().step()) + ". " + Parting.RULE)
                .orElseGet(this::together)));
        blocks.add(new Block.Figures(figures));
        if (!course.evaluations().isEmpty()) {
            blocks.add(evaluations());
        }
        return new Section("training", "Training", blocks);
    }

    private String together() {
        if (course.evaluations().stream()
                .noneMatch(report -> report.validation().isPresent())) {
            return course.goesOn() ? "Nothing was evaluated yet." : "Nothing was evaluated on while training.";
        }
        return course.evaluations().stream().mapToDouble(Parting::loss).anyMatch(Double::isFinite)
                ? "Training and validation loss don't part. " + Parting.RULE
                : "The validation loss was never a number.";
    }

    private double[] of(ToDoubleFunction<StepReport> value) {
        return course.steps().stream().mapToDouble(value).toArray();
    }

    private Block.Figure losses() {
        final double[] each = of(StepReport::loss);
        final double[] training = course.evaluations().stream()
                .mapToDouble(EpochReport::trainingLoss)
                .toArray();
        final double[] validation =
                course.evaluations().stream().mapToDouble(Parting::loss).toArray();
        final List<Series> series = new ArrayList<>();
        series.add(new Series("training, each step", steps, boxed(each), Series.Look.THIN));
        if (course.evaluations().size() > 1) {
            series.add(
                    new Series("training, mean between evaluations", evaluated, boxed(training), Series.Look.MARKED));
        }
        if (DoubleStream.of(validation).anyMatch(Double::isFinite)) {
            series.add(new Series("validation", evaluated, boxed(validation), Series.Look.MARKED));
        }
        final Axis y = lossAxis(DoubleStream.concat(DoubleStream.of(each), DoubleStream.of(validation))
                .toArray());
        final Chart chart = Chart.of(
                "loss",
                "Loss",
                described("The training loss", each)
                        + (series.size() > 1 && DoubleStream.of(validation).anyMatch(Double::isFinite)
                                ? " " + described("The validation loss", validation)
                                : ""),
                x,
                y,
                series);
        return new Block.Figure(
                Parting.in(course)
                        .map(parting -> chart.with(new Chart.Mark(parting.from().step(), "they part here")))
                        .orElse(chart),
                steps("Numbers: loss by step", "training loss", StepReport::loss));
    }

    /** From 0 on, so that a loss that hardly falls looks like one; of factors, where it explodes. */
    private static Axis lossAxis(double[] values) {
        final Axis spanning = Axis.spanning("loss", values);
        return spanning.isLogarithmic() || spanning.from() < 0 ? spanning : Axis.fromZero("loss", values);
    }

    private Optional<Block.Figure> metric() {
        final double[] values = course.evaluations().stream()
                .mapToDouble(report -> report.validation()
                        .filter(metrics -> metrics.names().contains(metric))
                        .map(metrics -> metrics.get(metric))
                        .orElse(Double.NaN))
                .toArray();
        if (metric.equals("loss") || DoubleStream.of(values).noneMatch(Double::isFinite)) {
            return Optional.empty();
        }
        final String name = Told.name(metric);
        final Chart chart = Chart.of(
                "metric",
                "Validation " + name,
                described("The " + name, values),
                x,
                Axis.spanning(name, values),
                List.of(new Series(name, evaluated, boxed(values), Series.Look.MARKED)));
        return Optional.of(new Block.Figure(chart, byEvaluation("Numbers: " + name, name, values)));
    }

    private Block.Figure ofSteps(
            String id, String title, String name, ToDoubleFunction<StepReport> value, Axis y, Series.Look look) {
        final double[] values = of(value);
        return new Block.Figure(
                Chart.of(
                        id,
                        title,
                        described("The " + name, values),
                        x,
                        y,
                        List.of(new Series(name, steps, boxed(values), look))),
                steps("Numbers: " + name + " by step", name, value));
    }

    private Optional<Block.Figure> throughput() {
        final double[] values = course.evaluations().stream()
                .mapToDouble(EpochReport::rowsPerSecond)
                .toArray();
        if (DoubleStream.of(values).noneMatch(Double::isFinite)) {
            return Optional.empty();
        }
        final Chart chart = Chart.of(
                "throughput",
                "Throughput, without evaluations",
                described("The number of rows per second", values),
                x,
                Axis.fromZero("rows per second", values),
                List.of(new Series("rows per second", evaluated, boxed(values), Series.Look.MARKED)));
        return Optional.of(
                new Block.Figure(chart, byEvaluation("Numbers: rows per second", "rows per second", values)));
    }

    private Block.Table byEvaluation(String caption, String name, double[] values) {
        final List<Integer> shown = spread(values.length);
        return new Block.Table(
                caption,
                List.of(Block.Column.number("after step"), Block.Column.number(name)),
                shown.stream()
                        .map(i -> List.of(Told.count(course.evaluations().get(i).step()), Told.number(values[i])))
                        .toList(),
                true);
    }

    private Block.Table steps(String caption, String name, ToDoubleFunction<StepReport> value) {
        final List<Integer> shown = spread(course.steps().size());
        return new Block.Table(
                caption + (shown.size() < course.steps().size() ? ", " + MOST_ROWS + " of them evenly spread" : ""),
                List.of(Block.Column.number("step"), Block.Column.number(name)),
                shown.stream()
                        .map(i -> course.steps().get(i))
                        .map(step -> List.of(Told.count(step.step()), Told.number(value.applyAsDouble(step))))
                        .toList(),
                true);
    }

    private Block.Table evaluations() {
        final List<Block.Column> columns = new ArrayList<>(List.of(
                Block.Column.number("epochs"),
                Block.Column.number("step"),
                Block.Column.number("training loss"),
                Block.Column.number("validation loss"),
                Block.Column.number(Told.name(metric)),
                Block.Column.number("seconds"),
                Block.Column.text("weights")));
        final List<List<String>> rows = spread(course.evaluations().size()).stream()
                .map(i -> course.evaluations().get(i))
                .map(report -> List.of(
                        Told.number(report.epoch()),
                        Told.count(report.step()),
                        Told.number(report.trainingLoss()),
                        report.validation().isPresent() ? Told.number(Parting.loss(report)) : "",
                        report.validation()
                                .filter(metrics -> metrics.names().contains(metric))
                                .map(metrics -> Told.metric(metric, metrics.get(metric)))
                                .orElse(""),
                        Told.number(report.seconds()),
                        course.kept()
                                .filter(kept -> kept.step() == report.step())
                                .map(kept -> "kept")
                                .orElse("")))
                .toList();
        return new Block.Table("Evaluations", columns, rows, rows.size() > 12);
    }

    /** Up to 50 places of so many, the first and the last among them. */
    private static List<Integer> spread(int count) {
        return count <= MOST_ROWS
                ? IntStream.range(0, count).boxed().toList()
                : IntStream.range(0, MOST_ROWS)
                        .mapToObj(i -> (int) Math.round(i * (count - 1.0) / (MOST_ROWS - 1)))
                        .toList();
    }

    private static List<Double> boxed(double[] values) {
        return DoubleStream.of(values).boxed().toList();
    }

    /** From the first to the last, with the extremes between, in words. */
    private static String described(String what, double[] values) {
        final double[] finite = DoubleStream.of(values).filter(Double::isFinite).toArray();
        if (finite.length == 0) {
            return what + " is never a number.";
        }
        final long others = values.length - finite.length;
        final String span = finite.length == 1
                ? what + " is " + Told.number(finite[0]) + "."
                : what + " goes from " + Told.number(finite[0]) + " to " + Told.number(finite[finite.length - 1])
                        + "; it lies between "
                        + Told.number(DoubleStream.of(finite).min().orElseThrow()) + " and "
                        + Told.number(DoubleStream.of(finite).max().orElseThrow()) + ".";
        return others == 0 ? span : span + " " + Told.plural(others, "value is", "values are") + " no finite number.";
    }
}
