package dev.finetune.search;

import dev.finetune.FineTuner;
import dev.finetune.error.FinetuneException;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;

/** A setting that is searched: how a number from 0 to 1 becomes a value of it. */
sealed interface Dimension {
    /** What it is called. */
    String name();

    /** The tuner with the setting at a place of the dimension, from 0 up to and without 1. */
    FineTuner apply(FineTuner tuner, double place);

    /** The value at a place, to be read. */
    String show(double place);

    /** How many values there are without an order; 0 where values are in order. */
    int choices();

    /** What can be chosen, to be compared with another run's. */
    String describe();

    /** A number between two, in proportion, or on a logarithmic scale. */
    record Real(
            String name, double low, double high, boolean logarithmic, BiFunction<FineTuner, Double, FineTuner> setting)
            implements Dimension {
        /** Checks the range. */
        public Real {
            if (!(high > low) || Double.isInfinite(high - low) || logarithmic && !(low > 0)) {
                throw new FinetuneException("The dimension \"" + name + "\" goes from " + low + " to " + high
                        + "; expected numbers that rise" + (logarithmic ? ", the first above 0." : "."));
            }
        }

        double value(double place) {
            return logarithmic ? low * Math.pow(high / low, place) : low + place * (high - low);
        }

        @Override
        public FineTuner apply(FineTuner tuner, double place) {
            return setting.apply(tuner, value(place));
        }

        @Override
        public String show(double place) {
            return String.format(Locale.ROOT, "%.4g", value(place));
        }

        @Override
        public int choices() {
            return 0;
        }

        @Override
        public String describe() {
            return name + ": " + low + " to " + high + (logarithmic ? ", logarithmic" : "");
        }
    }

    /** A whole number from one to another, both included. */
    record Whole(String name, int low, int high, BiFunction<FineTuner, Integer, FineTuner> setting)
            implements Dimension {
        /** Checks the range. */
        public Whole {
            if (high <= low) {
                throw new FinetuneException("The dimension \"" + name + "\" goes from " + low + " to " + high
                        + "; expected whole numbers that rise.");
            }
        }

        int value(double place) {
            return (int) Math.min(high, low + (long) (place * (1L + high - low)));
        }

        @Override
        public FineTuner apply(FineTuner tuner, double place) {
            return setting.apply(tuner, value(place));
        }

        @Override
        public String show(double place) {
            return Integer.toString(value(place));
        }

        @Override
        public int choices() {
            return 0;
        }

        @Override
        public String describe() {
            return name + ": " + low + " to " + high + ", whole";
        }
    }

    /** One of several values. */
    record Choice<T>(String name, List<T> values, BiFunction<FineTuner, T, FineTuner> setting) implements Dimension {
        /** Checks the range. */
        public Choice {
            values = List.copyOf(values);
            if (values.size() < 2) {
                throw new FinetuneException(
                        "The dimension \"" + name + "\" needs at least 2 values to choose from, not " + values + ".");
            }
        }

        T value(double place) {
            return values.get((int) Math.min(values.size() - 1.0, place * values.size()));
        }

        @Override
        public FineTuner apply(FineTuner tuner, double place) {
            return setting.apply(tuner, value(place));
        }

        @Override
        public String show(double place) {
            return String.valueOf(value(place));
        }

        @Override
        public int choices() {
            return values.size();
        }

        @Override
        public String describe() {
            return name + ": one of " + values;
        }
    }
}
