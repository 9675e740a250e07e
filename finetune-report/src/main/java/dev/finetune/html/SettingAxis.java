package dev.finetune.html;

import dev.finetune.html.chart.Axis;
import dev.finetune.record.SearchRecord;
import dev.finetune.record.SearchRecord.TrialRow;
import java.util.Comparator;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * Where the values of a setting that is searched lie, of trials.
 *
 * @param dimension the setting
 * @param axis over all of its values
 */
record SettingAxis(SearchRecord.Dimension dimension, Axis axis) {
    /** The axis of a setting over the values that some trials have. */
    static SettingAxis of(SearchRecord.Dimension dimension, List<TrialRow> trials) {
        if (dimension.scale() == SearchRecord.Scale.CHOICES) {
            return new SettingAxis(dimension, Axis.named(dimension.name(), dimension.choices()));
        }
        final double[] values = trials.stream()
                .mapToDouble(trial -> number(trial.settings().getOrDefault(dimension.name(), "")))
                .filter(Double::isFinite)
                .toArray();
        if (values.length > 0 && DoubleStream.of(values).allMatch(value -> value == Math.rint(value))) {
            return new SettingAxis(
                    dimension,
                    Axis.whole(
                            dimension.name(),
                            (long) DoubleStream.of(values).min().orElseThrow(),
                            (long) DoubleStream.of(values).max().orElseThrow()));
        }
        return new SettingAxis(
                dimension,
                dimension.scale() == SearchRecord.Scale.LOGARITHMIC
                        ? Axis.ofFactors(dimension.name(), values)
                        : Axis.spanning(dimension.name(), values));
    }

    /** Where a value lies on it; NaN where it isn't one of it. */
    double place(String value) {
        if (dimension.scale() != SearchRecord.Scale.CHOICES) {
            return number(value);
        }
        final int index = dimension.choices().indexOf(value);
        return index < 0 ? Double.NaN : index;
    }

    private static double number(String value) {
        try {
            return Double.parseDouble(value);
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    /** Trials in the order of their values. */
    List<TrialRow> sorted(List<TrialRow> trials) {
        return trials.stream()
                .sorted(Comparator.comparingDouble(
                        trial -> place(trial.settings().getOrDefault(dimension.name(), ""))))
                .toList();
    }
}
