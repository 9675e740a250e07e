package dev.finetune.task;

import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.error.FinetuneException;
import dev.finetune.metrics.TagScheme;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Looks whether a metric can tell models apart on validation data: on labels of one class AUROC is undefined and MCC 0
 * whatever is predicted, and to keep the best weights by it would keep any.
 */
public final class DecidingMetric {
    private static final Set<String> OF_FOUND = Set.of(
            "f1",
            "f1_micro",
            "f1_macro",
            "f1_weighted",
            "f1_samples",
            "precision",
            "precision_micro",
            "precision_macro",
            "precision_weighted",
            "precision_samples",
            "recall",
            "recall_micro",
            "recall_macro",
            "recall_weighted",
            "recall_samples",
            "exact_match");
    private static final Set<String> OF_SECOND_CLASS = Set.of("f1", "precision", "recall");
    private static final Set<String> CORRELATIONS = Set.of("pearson", "spearman");

    private DecidingMetric() {}

    /**
     * Checks that the labels of validation data leave a metric something to tell. Streamed data isn't looked at.
     *
     * @param metric the metric that decides; one that no task has passes
     * @param labels the names of the outputs, in order
     * @param validation labelled examples
     * @throws FinetuneException if the metric has the same value, or none, whatever is predicted
     */
    public static void check(String metric, List<String> labels, Dataset<?> validation) {
        if (validation.size().isEmpty()) {
            return;
        }
        whyNot(metric, labels, validation).ifPresent(reason -> {
            throw new FinetuneException("The metric \"" + metric
                    + "\" decides which weights are kept, when training stops or"
                    + " which settings win, but the validation data can't tell it: " + reason + " ("
                    + validation.describe() + "). Validate on data that can (fit(dataset) holds a part of each class"
                    + " back), or name another metric, keepBest(\"loss\") say.");
        });
    }

    private static Optional<String> whyNot(String metric, List<String> labels, Dataset<?> validation) {
        final List<Label> truths = new ArrayList<>();
        for (Example<?> example : validation) {
            truths.add(example.label());
        }
        if (truths.isEmpty()) {
            return Optional.empty();
        }
        if (truths.get(0) instanceof Label.Category) {
            return ofClasses(metric, labels, truths);
        }
        if (truths.get(0) instanceof Label.Categories) {
            return ofLabels(metric, labels, truths);
        }
        if (truths.get(0) instanceof Label.Values values) {
            return ofNumbers(metric, values.values().size(), truths);
        }
        if (truths.get(0) instanceof Label.Tags) {
            return ofTags(metric, labels, truths);
        }
        final boolean unanswered = truths.stream()
                .allMatch(truth -> truth instanceof Label.Answers answers
                        && answers.answers().isEmpty());
        return OF_FOUND.contains(metric) && unanswered ? Optional.of("no question has an answer") : Optional.empty();
    }

    private static Optional<String> ofClasses(String metric, List<String> labels, List<Label> truths) {
        final Set<Label> present = Set.copyOf(truths);
        final List<String> absent = labels.stream()
                .filter(name -> !present.contains(new Label.Category(name)))
                .toList();
        final boolean ranked = metric.equals("auroc") || metric.equals("average_precision");
        final boolean correlated = metric.equals("mcc") || metric.equals("kappa");
        if (!absent.isEmpty() && ranked || correlated && labels.size() - absent.size() == 1) {
            return Optional.of("no row is \"" + absent.get(0) + "\"");
        }
        if (labels.size() == 2 && OF_SECOND_CLASS.contains(metric) && absent.contains(labels.get(1))) {
            return Optional.of("no row is \"" + labels.get(1) + "\", whose " + metric + " it is");
        }
        return Optional.empty();
    }

    private static Optional<String> ofLabels(String metric, List<String> labels, List<Label> truths) {
        if (OF_FOUND.contains(metric)) {
            final boolean none = truths.stream()
                    .allMatch(truth -> ((Label.Categories) truth).names().isEmpty());
            return none ? Optional.of("no row has a label") : Optional.empty();
        }
        if (!metric.equals("auroc")) {
            return Optional.empty();
        }
        for (String name : labels) {
            final long rows = truths.stream()
                    .filter(truth -> ((Label.Categories) truth).names().contains(name))
                    .count();
            if (rows == 0 || rows == truths.size()) {
                return Optional.of((rows == 0 ? "no row has" : "every row has") + " the label \"" + name + "\"");
            }
        }
        return Optional.empty();
    }

    private static Optional<String> ofNumbers(String metric, int targets, List<Label> truths) {
        if (!metric.equals("r2") && !CORRELATIONS.contains(metric)) {
            return Optional.empty();
        }
        if (truths.size() < 2) {
            return Optional.of("there is one row, and it takes two");
        }
        int constant = 0;
        for (int i = 0; i < targets; i++) {
            final int target = i;
            final long different = truths.stream()
                    .map(truth -> ((Label.Values) truth).values().get(target))
                    .distinct()
                    .count();
            constant += different == 1 ? 1 : 0;
        }
        final boolean tells = CORRELATIONS.contains(metric) ? constant == 0 : constant < targets;
        return tells ? Optional.empty() : Optional.of("all rows have the same value");
    }

    private static Optional<String> ofTags(String metric, List<String> labels, List<Label> truths) {
        final boolean nothing = truths.stream()
                .flatMap(truth -> ((Label.Tags) truth).tags().stream())
                .allMatch(TagScheme::isOutside);
        return OF_FOUND.contains(metric) && TagScheme.marksEntities(labels) && nothing
                ? Optional.of("no word belongs to an entity, all tags are \"O\"")
                : Optional.empty();
    }
}
