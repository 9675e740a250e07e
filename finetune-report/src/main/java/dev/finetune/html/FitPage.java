package dev.finetune.html;

import dev.finetune.html.page.Block;
import dev.finetune.html.page.Page;
import dev.finetune.html.page.Section;
import dev.finetune.record.Course;
import dev.finetune.record.DataPart;
import dev.finetune.record.FitRecord;
import dev.finetune.record.LayerRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The page of one fit: what matters first, then section by section. */
final class FitPage {
    private FitPage() {}

    static Page of(FitRecord fit) {
        final List<Section> sections = new ArrayList<>();
        final boolean goesOn = fit.course().goesOn();
        if (!goesOn) {
            NextSteps.section(fit).ifPresent(sections::add);
        }
        sections.add(SettingsSection.of(fit));
        sections.add(DataSection.of(fit));
        CurvesSection.of(fit.course(), fit.model().mainMetric()).ifPresent(sections::add);
        ScoresSection.of(fit).ifPresent(sections::add);
        ProbabilitiesSection.of(fit).ifPresent(sections::add);
        NumbersSection.of(fit).ifPresent(sections::add);
        SamplesSection.of(fit).ifPresent(sections::add);
        MistakesSection.of(fit).ifPresent(sections::add);
        sections.add(LayersSection.of(fit));
        sections.add(MachineSection.of(fit));
        return new Page(
                (goesOn ? "Fine-tuning " : "Fine-tuned from ") + fit.model().base(),
                "Predicts " + fit.model().head() + ".",
                overview(fit),
                sections,
                MadeBy.of(fit.machine().library(), "fit", fit.machine().started()));
    }

    private static List<Block> overview(FitRecord fit) {
        final List<Block> overview = new ArrayList<>();
        fit.course()
                .failure()
                .ifPresent(why -> overview.add(new Block.Prose("This training failed after "
                        + Told.plural(fit.course().stepsMade(), "step", "steps") + ": " + why)));
        final List<Block.Fact> facts = new ArrayList<>();
        mainMetric(fit).ifPresent(facts::add);
        loss(fit).ifPresent(facts::add);
        facts.add(time(fit));
        facts.add(trained(fit));
        overview.add(new Block.Facts(facts));
        return overview;
    }

    private static Optional<Block.Fact> mainMetric(FitRecord fit) {
        final String name = fit.model().mainMetric();
        return fit.evaluation()
                .filter(metrics -> metrics.names().contains(name))
                .map(metrics -> new Block.Fact(
                        MetricNames.of(fit.model(), name) + " on validation data",
                        Told.metric(name, metrics.get(name)),
                        metrics.interval(name)
                                .map(interval -> "95 % interval " + Told.metric(name, interval.low()) + " to "
                                        + Told.metric(name, interval.high()) + ", " + interval.method() + ", "
                                        + Told.plural(interval.of(), "row", "rows"))
                                .orElseGet(() -> rows(fit))));
    }

    private static String rows(FitRecord fit) {
        return fit.data().stream()
                .filter(part -> part.name().equals("validation") && part.rows() >= 0)
                .map(DataPart::rows)
                .findFirst()
                .map(rows -> Told.plural(rows, "row", "rows"))
                .orElse("");
    }

    private static Optional<Block.Fact> loss(FitRecord fit) {
        final Course course = fit.course();
        if (course.evaluations().isEmpty()) {
            return Optional.empty();
        }
        final double training =
                course.evaluations().get(course.evaluations().size() - 1).trainingLoss();
        return Optional.of(fit.evaluation()
                .filter(metrics -> metrics.names().contains("loss"))
                .map(metrics -> new Block.Fact(
                        "validation loss",
                        Told.number(metrics.get("loss")),
                        "training loss " + Told.number(training) + when(course)))
                .orElseGet(() -> new Block.Fact(
                        "training loss", Told.number(training), when(course).strip())));
    }

    private static String when(Course course) {
        return course.goesOn() ? " by now" : " in the end";
    }

    private static Block.Fact time(FitRecord fit) {
        final Course course = fit.course();
        return new Block.Fact(
                "training time",
                Told.seconds(course.seconds()),
                Told.plural(course.stepsMade(), "step", "steps") + ", " + course.end() + ", on "
                        + fit.machine().device());
    }

    private static Block.Fact trained(FitRecord fit) {
        final List<LayerRow> rows =
                fit.layers().stream().filter(row -> !row.isShared()).toList();
        final long all = rows.stream().mapToLong(LayerRow::parameters).sum();
        final long trained = rows.stream()
                .filter(LayerRow::isTrained)
                .mapToLong(LayerRow::parameters)
                .sum();
        return new Block.Fact(
                "trained parameters",
                all == 0 ? "0" : Told.percent((double) trained / all),
                Told.count(trained) + " of " + Told.count(all));
    }
}
