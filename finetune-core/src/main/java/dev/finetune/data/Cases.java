package dev.finetune.data;

import java.util.ArrayList;
import java.util.List;

/** What is found of one kind: counted, and kept up to a number. */
final class Cases {
    /** How many of one kind a report has. */
    static final int MOST = 10_000;

    private final int most;
    private final List<DataReport.Case> kept = new ArrayList<>();
    private long count;

    Cases(int most) {
        this.most = most;
    }

    /** So many, of which these are kept, or the first of them. */
    static Cases of(long count, List<DataReport.Case> kept, int most) {
        final Cases cases = new Cases(most);
        kept.forEach(cases::add);
        cases.count = count;
        return cases;
    }

    void add(DataReport.Place place, String quote, String why) {
        add(new DataReport.Case(List.of(place), quote, why));
    }

    void add(DataReport.Case one) {
        count++;
        if (kept.size() < most) {
            kept.add(one);
        }
    }

    /** These, then others. */
    Cases and(Cases others) {
        final Cases all = new Cases(Math.max(most, others.most));
        kept.forEach(all::add);
        others.kept.forEach(all::add);
        all.count = count + others.count;
        return all;
    }

    List<DataReport.Case> kept() {
        return kept;
    }

    long count() {
        return count;
    }

    DataReport.Issue issue(Finding.Code code, String what, String advice) {
        return new DataReport.Issue(Finding.Severity.WARNING, code, what, advice, count, kept);
    }

    /** Adds an issue to others if there is a case. */
    void addTo(List<DataReport.Issue> issues, Finding.Code code, String what, String advice) {
        if (count > 0) {
            issues.add(issue(code, what, advice));
        }
    }
}
