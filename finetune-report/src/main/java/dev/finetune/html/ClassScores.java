package dev.finetune.html;

import dev.finetune.metrics.ConfusionMatrix;
import dev.finetune.metrics.EntityMetrics;
import dev.finetune.metrics.TagScheme;
import dev.finetune.record.FitRecord;
import dev.finetune.record.Outcome;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How well a class, a label or a kind of entity was found.
 *
 * @param name what it is called
 * @param right how many of them were found
 * @param predicted how often it was predicted
 * @param support how many there are
 */
record ClassScores(String name, long right, long predicted, long support) {
    double f1() {
        return predicted + support == 0 ? 0 : 2.0 * right / (predicted + support);
    }

    double recall() {
        return support == 0 ? Double.NaN : (double) right / support;
    }

    /** Of all rows where the confusion matrix tells, else of the rows whose outcomes are kept. */
    static List<ClassScores> of(FitRecord fit) {
        final Optional<ConfusionMatrix> matrix = fit.evaluation().flatMap(metrics -> metrics.confusion());
        if (matrix.isPresent() && matrix.get().classes() == fit.model().labels().size()) {
            final List<ClassScores> scores = new ArrayList<>();
            for (int i = 0; i < matrix.get().classes(); i++) {
                scores.add(new ClassScores(
                        fit.model().labels().get(i),
                        matrix.get().count(i, i),
                        matrix.get().predicted(i),
                        matrix.get().support(i)));
            }
            return scores;
        }
        return ofOutcomes(fit);
    }

    private static List<ClassScores> ofOutcomes(FitRecord fit) {
        final Map<String, long[]> counts = new LinkedHashMap<>();
        for (Outcome outcome : fit.outcomes().kept()) {
            if (outcome instanceof Outcome.OfLabels labels) {
                fit.model().labels().forEach(label -> counts.computeIfAbsent(label, any -> new long[3]));
                count(labels.truth(), labels.predicted(), counts);
            } else if (outcome instanceof Outcome.OfTags tags) {
                if (TagScheme.marksEntities(fit.model().labels())) {
                    countEntities(tags, counts);
                } else {
                    for (int i = 0; i < tags.truth().size(); i++) {
                        count(
                                List.of(tags.truth().get(i)),
                                List.of(tags.predicted().get(i)),
                                counts);
                    }
                }
            }
        }
        return counts.entrySet().stream()
                .map(entry ->
                        new ClassScores(entry.getKey(), entry.getValue()[0], entry.getValue()[1], entry.getValue()[2]))
                .toList();
    }

    private static void count(List<String> truth, List<String> predicted, Map<String, long[]> counts) {
        truth.forEach(name -> {
            of(name, counts)[2]++;
            of(name, counts)[0] += predicted.contains(name) ? 1 : 0;
        });
        predicted.stream().filter(name -> !name.isEmpty()).forEach(name -> of(name, counts)[1]++);
    }

    private static void countEntities(Outcome.OfTags tags, Map<String, long[]> counts) {
        final List<EntityMetrics.Entity> truth = EntityMetrics.entities(tags.truth());
        final List<EntityMetrics.Entity> predicted = EntityMetrics.entities(tags.predicted());
        truth.forEach(entity -> {
            of(entity.type(), counts)[2]++;
            of(entity.type(), counts)[0] += predicted.contains(entity) ? 1 : 0;
        });
        predicted.forEach(entity -> of(entity.type(), counts)[1]++);
    }

    private static long[] of(String name, Map<String, long[]> counts) {
        return counts.computeIfAbsent(name, any -> new long[3]);
    }
}
