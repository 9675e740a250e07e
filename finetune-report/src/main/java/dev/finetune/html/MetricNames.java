package dev.finetune.html;

import dev.finetune.metrics.TagScheme;
import dev.finetune.record.FittedModel;
import java.util.List;
import java.util.Set;

/** Names of metrics that say of what they are: of which class, or an average over what. */
final class MetricNames {
    private static final Set<String> COUNTED = Set.of("precision", "recall", "f1");

    private MetricNames() {}

    static String of(FittedModel model, String metric) {
        return Told.name(metric) + of(model.kind(), model.labels(), metric);
    }

    /** As the library's metrics define them; nothing of a head that isn't known here. */
    private static String of(String kind, List<String> labels, String metric) {
        return switch (kind) {
            case "Classification" -> ofClasses(labels, metric);
            case "MultiLabel" ->
                COUNTED.contains(metric)
                        ? ", micro average over the labels"
                        : metric.equals("auroc") ? ", mean over the labels" : "";
            case "Tokens" ->
                COUNTED.contains(metric)
                        ? ", micro average over all " + (TagScheme.marksEntities(labels) ? "entities" : "words")
                        : metric.equals("accuracy") ? " of words" : "";
            case "QuestionAnswering" -> metric.equals("f1") ? " of an answer's words, mean over the questions" : "";
            default -> "";
        };
    }

    private static String ofClasses(List<String> labels, String metric) {
        if (labels.size() == 2) {
            return COUNTED.contains(metric) || metric.equals("auroc") || metric.equals("average_precision")
                    ? " of " + labels.get(1)
                    : "";
        }
        return COUNTED.contains(metric)
                ? ", macro average over the classes"
                : metric.equals("auroc") ? ", mean over the classes, each against the rest" : "";
    }
}
