package dev.finetune.report;

import dev.finetune.error.FinetuneException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * What a learning-rate range test saw (Smith, "Cyclical learning rates for training neural networks", 2015): the loss of
 * each step while the rate rises exponentially. Losses are smoothed, and rates suggested, as fastai's lr_find does.
 *
 * @param range the rates that were asked for; the test ends early where the smoothed loss exceeds 4 times its minimum
 * @param points the steps, in order
 */
public record LearningRateTest(Range range, List<Point> points) {
    private static final double SMOOTHING = 0.98;
    private static final double DIVERGED = 4;
    private static final int LAST_LEFT_OUT = 5;
    private static final int FEWEST = 3;

    /** Keeps its own copy. */
    public LearningRateTest {
        points = List.copyOf(points);
        if (points.size() < FEWEST) {
            throw new FinetuneException("The learning-rate test saw only " + points.size()
                    + " steps, too few to suggest a rate: start it at a lower rate than " + range.lowest
                    + ", or give it more steps than " + range.steps + ".");
        }
    }

    /**
     * The rates to try.
     *
     * @param lowest the rate of the first step
     * @param highest the rate of the last step
     * @param steps how many optimizer steps
     */
    public record Range(double lowest, double highest, int steps) {
        /** Checks that it rises in steps enough to tell. */
        public Range {
            if (!(lowest > 0 && highest > lowest) || Double.isInfinite(highest) || steps < 10) {
                throw new FinetuneException("A learning-rate test needs rates that rise from above 0, and at least 10 "
                        + "steps, not " + lowest + " to " + highest + " in " + steps + " steps.");
            }
        }

        /**
         * From 1e-7 to 1 in 100 steps.
         *
         * @return the range from 1e-7 to 1 in 100 steps
         */
        public static Range usual() {
            return new Range(1e-7, 1, 100);
        }
    }

    /**
     * A step.
     *
     * @param rate the learning rate that it used
     * @param loss the loss before it
     * @param smoothed the exponential moving average of losses (weight 0.02), without the bias of its start
     */
    public record Point(double rate, double loss, double smoothed) {}

    /** Follows a test step by step. */
    public static final class Recorder {
        private final List<Point> points = new ArrayList<>();
        private double average;
        private double lowest = Double.POSITIVE_INFINITY;

        /**
         * Takes a step in.
         *
         * @param rate the learning rate of the step
         * @param loss of its batch, before the step
         * @return whether to go on: false where the smoothed loss exceeds 4 times its minimum
         */
        public boolean add(double rate, double loss) {
            average = SMOOTHING * average + (1 - SMOOTHING) * loss;
            final double smoothed = average / (1 - Math.pow(SMOOTHING, points.size() + 1));
            points.add(new Point(rate, loss, smoothed));
            lowest = Math.min(lowest, smoothed);
            return smoothed <= DIVERGED * lowest;
        }

        /**
         * {@return what was seen so far}
         *
         * @param range what was asked for
         */
        public LearningRateTest result(Range range) {
            return new LearningRateTest(range, points);
        }
    }

    /**
     * {@return the suggested rate: where the smoothed loss falls most steeply over the logarithm of the rate} The first
     * tenth of the steps and the last 5 don't count, where enough are left.
     */
    public double suggestion() {
        final List<Point> inner = inner();
        int steepest = 0;
        double lowest = Double.POSITIVE_INFINITY;
        for (int i = 0; i + 1 < inner.size(); i++) {
            final double slope = (inner.get(i + 1).smoothed - inner.get(i).smoothed)
                    / Math.log(inner.get(i + 1).rate / inner.get(i).rate);
            if (slope < lowest) {
                lowest = slope;
                steepest = i;
            }
        }
        return inner.get(steepest).rate;
    }

    /** {@return a cautious rate: a tenth of that at which the smoothed loss is lowest} */
    public double minimumOverTen() {
        return inner().stream().min(Comparator.comparingDouble(Point::smoothed)).orElseThrow().rate / 10;
    }

    private List<Point> inner() {
        final int from = range.steps / 10;
        final int to = points.size() - LAST_LEFT_OUT;
        return to - from >= FEWEST ? points.subList(from, to) : points;
    }

    /**
     * Writes rate, loss and smoothed loss of each step.
     *
     * @param file the CSV file, replaced if it is there
     */
    public void writeCsv(Path file) {
        CsvTable.write(
                file,
                List.of("learning rate", "loss", "smoothed loss"),
                points.stream()
                        .map(point -> List.of(point.rate, point.loss, point.smoothed))
                        .toList());
    }

    /**
     * Draws the losses over the rate, and the rates that are suggested, to a PNG.
     *
     * @param file the PNG file, replaced if it is there
     */
    public void writePlot(Path file) {
        final List<Double> rates = points.stream().map(Point::rate).toList();
        new Plot(
                        Plot.Axis.logarithmic("learning rate"),
                        Plot.Axis.of("loss"),
                        List.of(
                                new Plot.Series(
                                        "loss",
                                        rates,
                                        points.stream().map(Point::loss).toList(),
                                        false),
                                new Plot.Series(
                                        "smoothed",
                                        rates,
                                        points.stream().map(Point::smoothed).toList(),
                                        true),
                                mark("steepest", suggestion()),
                                mark("lowest / 10", minimumOverTen())))
                .writePng(file);
    }

    /** The smoothed loss at a rate, or at the lowest one where the rate lies below. */
    private Plot.Series mark(String name, double rate) {
        final double at = points.stream()
                .filter(point -> point.rate <= rate)
                .reduce((earlier, later) -> later)
                .orElse(points.get(0))
                .smoothed;
        return new Plot.Series(name, List.of(rate), List.of(at), false);
    }

    /** The steps and the suggestions, a line each. */
    @Override
    public String toString() {
        final StringBuilder table =
                new StringBuilder(String.format(Locale.ROOT, "%13s %10s %10s", "learning rate", "loss", "smoothed"));
        for (Point point : points) {
            table.append(String.format(Locale.ROOT, "%n%13.3e %10.4f %10.4f", point.rate, point.loss, point.smoothed));
        }
        return table.append(String.format(
                        Locale.ROOT,
                        "%nsteepest descent at %.2e, a tenth of the rate of the lowest loss %.2e",
                        suggestion(),
                        minimumOverTen()))
                .toString();
    }
}
