package dev.finetune.metrics;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Puts averages under the names that results use: "f1_macro", "precision_micro" ... */
final class AverageNames {
    private AverageNames() {}

    static void put(Map<String, Double> values, List<Average.Counts> classes) {
        for (Average average : Average.values()) {
            final String suffix = "_" + average.name().toLowerCase(Locale.ROOT);
            values.put("precision" + suffix, average.of(classes, Average.Counts::precision));
            values.put("recall" + suffix, average.of(classes, Average.Counts::recall));
            values.put("f1" + suffix, average.of(classes, Average.Counts::f1));
        }
    }
}
