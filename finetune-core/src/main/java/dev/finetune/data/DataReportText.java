package dev.finetune.data;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Reports of data in text, JSON, and as findings in a sentence or two. */
final class DataReportText {
    private static final int SHOWN = 5;
    private static final int SHOWN_PLACES = 4;
    private static final int WIDTH = 96;

    private DataReportText() {}

    /** An issue as a finding of the check that precedes every fit. */
    static Finding finding(DataReport.Issue issue) {
        if (issue.cases().isEmpty()) {
            final String message = issue.what() + ". " + issue.advice();
            return new Finding(issue.severity(), issue.code(), message, message);
        }
        final List<String> shown = issue.cases().stream()
                .map(one -> one.quote().isEmpty()
                        ? places(one)
                        : one.quote() + " (" + (one.why().isEmpty() ? places(one) : one.why()) + ")")
                .toList();
        final List<String> rows =
                issue.cases().stream().map(DataReportText::places).toList();
        return new Finding(
                issue.severity(),
                issue.code(),
                issue.what() + ": " + some(issue.count(), shown) + ". " + issue.advice(),
                issue.what() + ": " + some(issue.count(), rows) + " (rows counted from 1). " + issue.advice());
    }

    /** How many there are, and the first of them. */
    static String some(long count, List<String> first) {
        final String shown = first.stream().limit(SHOWN).collect(Collectors.joining(", "));
        return count + (count <= SHOWN ? ": " : ", such as ") + shown;
    }

    /** "train 3 and validation 4". */
    static String places(DataReport.Case one) {
        final List<String> all =
                one.rows().stream().map(DataReport.Place::toString).toList();
        return all.size() <= SHOWN_PLACES
                ? String.join(" and ", all)
                : String.join(", ", all.subList(0, SHOWN_PLACES)) + " and others";
    }

    static String page(DataReport report) {
        final StringBuilder page = new StringBuilder("Data check\n");
        for (DataReport.Part part : report.parts()) {
            page.append(String.format(
                    Locale.ROOT,
                    "  %-10s  %,d rows  (%s)%n",
                    part.name(),
                    part.rows(),
                    InputText.cut(part.description())));
        }
        report.parts()
                .forEach(part -> part.tokens()
                        .ifPresent(tokens -> page.append(wrapped("tokens of " + part.name() + ": " + tokens))));
        if (report.issues().isEmpty()) {
            page.append("\nNothing was found.\n");
        }
        for (DataReport.Issue issue : report.issues()) {
            page.append('\n')
                    .append(issue.severity() == Finding.Severity.ERROR ? "ERROR " : "")
                    .append(issue.code().id());
            page.append(issue.count() > 0 ? String.format(Locale.ROOT, ": %,d%n", issue.count()) : "\n");
            page.append(wrapped(issue.what() + ". " + issue.advice()));
            issue.cases().stream()
                    .limit(SHOWN)
                    .forEach(one -> page.append("    ")
                            .append(places(one))
                            .append(one.quote().isEmpty() ? "" : "  " + one.quote())
                            .append(one.why().isEmpty() ? "" : "\n        " + one.why())
                            .append('\n'));
            if (issue.count() > SHOWN) {
                page.append(String.format(Locale.ROOT, "    and %,d more%n", issue.count() - SHOWN));
            }
        }
        if (!report.leftOut().isEmpty()) {
            page.append("\nNot checked\n");
            report.leftOut().forEach(each -> page.append(wrapped(each)));
        }
        return page.toString();
    }

    /** In lines that a terminal has room for. */
    private static String wrapped(String text) {
        final StringBuilder lines = new StringBuilder();
        int width = WIDTH;
        for (String word : text.split(" ")) {
            final boolean isNew = width + 1 + word.length() > WIDTH;
            lines.append(isNew ? (lines.isEmpty() ? "  " : "\n  ") : " ").append(word);
            width = (isNew ? 1 : width + 1) + word.length();
        }
        return lines.append('\n').toString();
    }

    static JsonObject json(DataReport report) {
        final JsonObject json = new JsonObject();
        final JsonArray parts = new JsonArray();
        for (DataReport.Part part : report.parts()) {
            final JsonObject one = new JsonObject();
            one.addProperty("name", part.name());
            one.addProperty("description", part.description());
            one.addProperty("rows", part.rows());
            part.tokens().ifPresent(tokens -> one.add("tokens", tokens.json()));
            parts.add(one);
        }
        json.add("parts", parts);
        final JsonArray issues = new JsonArray();
        report.issues().forEach(issue -> issues.add(json(issue)));
        json.add("issues", issues);
        final JsonArray leftOut = new JsonArray();
        report.leftOut().forEach(leftOut::add);
        json.add("leftOut", leftOut);
        return json;
    }

    private static JsonObject json(DataReport.Issue issue) {
        final JsonObject json = new JsonObject();
        json.addProperty("code", issue.code().id());
        json.addProperty("severity", issue.severity().name().toLowerCase(Locale.ROOT));
        json.addProperty("what", issue.what());
        json.addProperty("advice", issue.advice());
        json.addProperty("count", issue.count());
        final JsonArray cases = new JsonArray();
        for (DataReport.Case one : issue.cases()) {
            final JsonObject each = new JsonObject();
            final JsonArray rows = new JsonArray();
            for (DataReport.Place place : one.rows()) {
                final JsonObject row = new JsonObject();
                row.addProperty("part", place.part());
                row.addProperty("row", place.row());
                rows.add(row);
            }
            each.add("rows", rows);
            each.addProperty("quote", one.quote());
            each.addProperty("why", one.why());
            cases.add(each);
        }
        json.add("cases", cases);
        return json;
    }
}
