package dev.finetune.examples.cases;

import dev.finetune.FineTuned;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.head.Prediction;
import dev.finetune.metrics.Interval;
import java.util.List;
import java.util.Locale;

/**
 * What came of deciding for the rare class from a probability on.
 *
 * @param truePositives of the rare class, and found
 * @param falsePositives taken for it
 * @param falseNegatives of it, and missed
 * @param trueNegatives of the other, and let pass
 */
record Decisions(long truePositives, long falsePositives, long falseNegatives, long trueNegatives) {
    /** What a model decides on labelled examples, whose second label is the rare one. */
    static <I> Decisions of(FineTuned<I> model, Dataset<I> data) {
        final String rare = model.labels().get(1);
        final List<Example<I>> examples = data.asList();
        final List<Prediction> predictions =
                model.predict(examples.stream().map(Example::input).toList());
        final long[] counts = new long[4];
        for (int i = 0; i < examples.size(); i++) {
            final boolean is = examples.get(i).label() instanceof Label.Category category
                    && category.name().equals(rare);
            final boolean said = predictions.get(i).label().equals(rare);
            counts[(is ? 0 : 1) + (is == said ? 0 : 2)]++;
        }
        return new Decisions(counts[0], counts[3], counts[2], counts[1]);
    }

    double sensitivity() {
        return share(truePositives, falseNegatives);
    }

    double specificity() {
        return share(trueNegatives, falsePositives);
    }

    double precision() {
        return share(truePositives, falsePositives);
    }

    static double share(long some, long others) {
        return some + others == 0 ? 0 : some / (double) (some + others);
    }

    /** A share of a hundred, if there is one, with the interval in which it lies with 95 % confidence. */
    static String percent(long some, long others) {
        if (some + others == 0) {
            return "none";
        }
        final Interval interval = Interval.wilson(some, some + others);
        return String.format(
                Locale.ROOT,
                "%.1f %% (%.1f to %.1f)",
                100 * share(some, others),
                100 * interval.low(),
                100 * interval.high());
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "found %s, let pass rightly %s, right where it raised a hand %s",
                percent(truePositives, falseNegatives),
                percent(trueNegatives, falsePositives),
                percent(truePositives, falsePositives));
    }
}
