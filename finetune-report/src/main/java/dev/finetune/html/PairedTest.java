package dev.finetune.html;

import dev.finetune.record.FitRecord;
import dev.finetune.record.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether two fits differ by more than chance on the validation rows that both predicted: an exact sign test over the rows on
 * which one does better than the other (for right and wrong that is McNemar's test in its exact form; McNemar, 1947). Its p is the
 * probability of so uneven a split, or a more uneven one, if either were as likely to be better on a row:
 * 2 sum for i up to min(b, c) of binomial(b + c, i) / 2^(b + c), at most 1.
 *
 * @param rows how many rows both predicted
 * @param firstBetter on how many the first fit does better
 * @param secondBetter on how many the second fit does better
 */
record PairedTest(int rows, int firstBetter, int secondBetter) {
    /** Rows are the same if number, input and truth are. */
    private record Key(int row, String text, String pair, Object truth) {
        static Key of(Outcome outcome) {
            return new Key(
                    outcome.row(),
                    outcome.input().text(),
                    outcome.input().pair().orElse(""),
                    truth(outcome));
        }

        private static Object truth(Outcome outcome) {
            if (outcome instanceof Outcome.OfClass one) {
                return one.truth();
            }
            if (outcome instanceof Outcome.OfLabels some) {
                return some.truth();
            }
            if (outcome instanceof Outcome.OfNumbers numbers) {
                return numbers.truth();
            }
            if (outcome instanceof Outcome.OfTags tags) {
                return tags.truth();
            }
            return outcome instanceof Outcome.OfAnswer answer ? answer.accepted() : "";
        }
    }

    static PairedTest of(FitRecord first, FitRecord second) {
        final Map<Key, Outcome> others = new HashMap<>();
        second.outcomes().kept().forEach(outcome -> others.put(Key.of(outcome), outcome));
        final List<Integer> signs = new ArrayList<>();
        for (Outcome outcome : first.outcomes().kept()) {
            final Outcome other = others.get(Key.of(outcome));
            if (other != null && other.getClass() == outcome.getClass()) {
                signs.add(Double.compare(badness(other), badness(outcome)));
            }
        }
        return new PairedTest(
                signs.size(), (int) signs.stream().filter(sign -> sign > 0).count(), (int)
                        signs.stream().filter(sign -> sign < 0).count());
    }

    /** 0 for right; of numbers how far they are off, of tags how many are wrong. */
    private static double badness(Outcome outcome) {
        if (outcome instanceof Outcome.OfNumbers numbers) {
            return numbers.distance();
        }
        if (outcome instanceof Outcome.OfTags tags) {
            int wrong = 0;
            for (int i = 0; i < tags.truth().size(); i++) {
                wrong += tags.truth().get(i).equals(tags.predicted().get(i)) ? 0 : 1;
            }
            return wrong;
        }
        return outcome.isRight() ? 0 : 1;
    }

    double p() {
        final int differing = firstBetter + secondBetter;
        double logarithm = -differing * Math.log(2);
        double sum = 0;
        for (int i = 0; i <= Math.min(firstBetter, secondBetter); i++) {
            sum += Math.exp(logarithm);
            logarithm += Math.log((double) (differing - i) / (i + 1));
        }
        return Math.min(1, 2 * sum);
    }
}
