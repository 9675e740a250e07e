package dev.finetune.html;

import dev.finetune.data.DataReport;
import dev.finetune.data.Finding;
import dev.finetune.html.page.Block;
import dev.finetune.html.page.Page;
import dev.finetune.html.page.Section;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The page of what a check of data found: of each kind how many cases there are, what to do, and the first of them. */
final class CheckPage {
    /** Of each kind. */
    static final int SHOWN = 50;

    /** How many of them can be seen without being asked for. */
    private static final int OPEN = 5;

    private static final int MOST_PLACES = 4;

    private CheckPage() {}

    static Page of(DataReport report) {
        final List<Section> sections = new ArrayList<>();
        sections.add(new Section("overview", "What was found", overview(report)));
        report.issues().forEach(issue -> sections.add(section(issue)));
        if (!report.leftOut().isEmpty()) {
            sections.add(new Section("left-out", "Not checked", List.of(new Block.Bullets(report.leftOut()))));
        }
        return new Page(
                "Check of data",
                report.parts().stream()
                        .map(part -> part.name() + ": " + part.description())
                        .collect(Collectors.joining("; ")),
                List.of(new Block.Facts(facts(report))),
                sections,
                "Made by Finetune. It shows rows of the data.");
    }

    private static List<Block.Fact> facts(DataReport report) {
        final List<Block.Fact> facts = new ArrayList<>();
        report.parts().forEach(part -> facts.add(new Block.Fact(part.name(), Told.count(part.rows()), "rows")));
        final long errors = report.issues().stream()
                .filter(issue -> issue.severity() == Finding.Severity.ERROR)
                .count();
        facts.add(new Block.Fact(
                "kinds of findings",
                Told.count(report.issues().size()),
                errors == 0 ? "" : Told.plural(errors, "of them makes", "of them make") + " training pointless"));
        return facts;
    }

    private static List<Block> overview(DataReport report) {
        final List<Block> blocks = new ArrayList<>();
        report.parts()
                .forEach(part -> part.tokens()
                        .ifPresent(tokens ->
                                blocks.add(new Block.Prose("Tokens of " + part.name() + ": " + tokens + "."))));
        blocks.addAll(found(report));
        return blocks;
    }

    private static List<Block> found(DataReport report) {
        if (report.issues().isEmpty()) {
            return List.of(new Block.Prose("Nothing was found."));
        }
        return List.of(
                new Block.Prose("What weighs most comes first. A finding is a reason to look, not a verdict."),
                new Block.Table(
                        "Kinds of findings",
                        List.of(Block.Column.text("kind"), Block.Column.number("cases"), Block.Column.text("what")),
                        report.issues().stream()
                                .map(issue -> List.of(
                                        issue.code().id(),
                                        issue.count() == 0 ? "" : Told.count(issue.count()),
                                        issue.what()))
                                .toList(),
                        false));
    }

    private static Section section(DataReport.Issue issue) {
        final List<Block> blocks = new ArrayList<>();
        blocks.add(new Block.Prose(
                (issue.severity() == Finding.Severity.ERROR ? "Error: " : "") + issue.what() + ". " + issue.advice()));
        final List<DataReport.Case> cases = issue.cases();
        if (!cases.isEmpty()) {
            final int open = cases.size() <= 2 * OPEN ? cases.size() : OPEN;
            blocks.add(table(caption(issue, 0, open), cases.subList(0, open), false));
            final int last = Math.min(SHOWN, cases.size());
            if (last > open) {
                blocks.add(table(caption(issue, open, last), cases.subList(open, last), true));
            }
        }
        final String title = issue.code().id();
        return new Section("found-" + title, title, blocks);
    }

    private static String caption(DataReport.Issue issue, int from, int to) {
        return issue.code().id() + ": " + (to - from == 1 ? "case " + to : "cases " + (from + 1) + " to " + to) + " of "
                + Told.count(issue.count());
    }

    private static Block.Table table(String caption, List<DataReport.Case> cases, boolean isFolded) {
        return new Block.Table(
                caption,
                List.of(Block.Column.text("rows"), Block.Column.text("input"), Block.Column.text("why")),
                cases.stream()
                        .map(one -> List.of(places(one.rows()), one.quote(), one.why()))
                        .toList(),
                isFolded);
    }

    private static String places(List<DataReport.Place> rows) {
        final String first =
                rows.stream().limit(MOST_PLACES).map(DataReport.Place::toString).collect(Collectors.joining(", "));
        return rows.size() <= MOST_PLACES ? first : first + " and others";
    }
}
