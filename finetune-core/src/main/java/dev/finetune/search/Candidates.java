package dev.finetune.search;

import dev.finetune.FineTuner;
import dev.finetune.freeze.Freeze;
import dev.finetune.train.BatchSize;
import dev.finetune.train.Schedule;
import dev.finetune.train.TrainingSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What automatic tuning tries for data of a size, the most promising first. Small data wants more epochs at a warmed-up
 * rate (Mosbach et al., "On the stability of fine-tuning BERT", 2021; Zhang et al., "Revisiting few-sample BERT
 * fine-tuning", 2021), or fewer trained layers; large data other rates and batches. A number of steps that was set stays,
 * and a constant rate isn't warmed up.
 */
final class Candidates {
    /** Optimizer steps that small data is trained for at least. */
    private static final double ENOUGH_STEPS = 300;

    private static final double MOST_EPOCHS = 40;
    private static final double WARMUP = 0.1;

    /** How many times the rate that was set is tried at most. */
    static final double MOST_TIMES = 40;

    private final FineTuner tuner;
    private final int rows;
    private final int layers;
    private final double rate;
    private final double epochs;
    private final int batch;
    private final boolean hasEpochs;
    private final boolean warms;
    private final double enough;
    private final double found;

    /**
     * Candidates around settings, and around the rate that a range test suggests.
     *
     * @param layers how many there are to freeze; 0 where little is trained beside a frozen base
     */
    Candidates(FineTuner tuner, int rows, int layers, double suggested) {
        this.tuner = tuner;
        this.rows = rows;
        this.layers = layers;
        this.rate = tuner.settings().learningRate();
        this.epochs = passes(tuner, rows);
        this.batch = tuner.settings().batchSize().rows();
        this.hasEpochs = tuner.settings().maxSteps() == 0;
        this.warms = !(tuner.settings().schedule() instanceof Schedule.Constant);
        this.found = Math.min(MOST_TIMES * rate, Math.max(2 * rate, suggested));
        this.enough = hasEpochs
                ? Math.min(MOST_EPOCHS, Math.max(epochs, Math.ceil(ENOUGH_STEPS / stepsPerEpoch(batch))))
                : epochs;
    }

    /** How often settings pass over so many rows. */
    private static double passes(FineTuner tuner, int rows) {
        final TrainingSettings settings = tuner.settings();
        return settings.maxSteps() == 0
                ? settings.epochs()
                : settings.maxSteps()
                        * (double) settings.batchSize().rows()
                        * settings.optimization().accumulate()
                        / rows;
    }

    private FineTuner warmed() {
        return warms ? tuner.warmupRatio(WARMUP) : tuner;
    }

    private FineTuner lasting(FineTuner changed, double passes) {
        return hasEpochs ? changed.epochs(passes) : changed;
    }

    private String length(double passes) {
        return hasEpochs
                ? String.format(Locale.ROOT, passes == Math.rint(passes) ? "%.0f epochs" : "%.3g epochs", passes)
                : tuner.settings().maxSteps() + " steps";
    }

    /**
     * Settings to try.
     *
     * @param cost how many rows are trained on, as full training counts them
     * @param isFull whether it freezes nothing more than the settings as they are, so that a row's time is theirs
     */
    record Candidate(String name, String reason, FineTuner tuner, double cost, boolean isFull) {
        /** The same as it was trained in the end. */
        Candidate trainedBy(FineTuner other) {
            return new Candidate(name, reason, other, cost, isFull);
        }
    }

    private double stepsPerEpoch(int batchSize) {
        return Math.ceil(Math.ceil(rows / (double) batchSize)
                / tuner.settings().optimization().accumulate());
    }

    /** The settings as they are. */
    static Candidate defaults(FineTuner tuner, int rows) {
        return new Candidate("as set", "the settings as they are", tuner, rows * passes(tuner, rows), true);
    }

    /** What is known to help data of this size. */
    List<Candidate> known() {
        final boolean few = enough > epochs;
        final List<Candidate> all = new ArrayList<>();
        final String steps = few
                ? String.format(Locale.ROOT, "%.0f steps are few, so more epochs; ", stepsPerEpoch(batch) * epochs)
                : "";
        final String warmup = warms ? ", with a warm-up" : "";
        all.add(full(found, enough, steps + "the rate at which the range test learned well" + warmup));
        headOnly().ifPresent(all::add);
        all.add(full(found / 4, enough, steps + "a quarter of that rate"));
        if (layers > 1) {
            all.add(frozen(layers / 2, found, enough));
        }
        all.add(full(2 * rate, enough, steps + "twice the rate that was set"));
        if (few || warms) {
            all.add(full(rate, enough, steps + "the rate that was set" + warmup));
        }
        return all;
    }

    /** Whether the range test suggests another rate than the one that was set. */
    boolean differ() {
        return found > 2 * rate;
    }

    /** The best of what is known for so many rows at most. */
    Candidate shortened(double cost) {
        return full(found, passes(cost, enough), "as many epochs as there was time for");
    }

    /** The settings as they are, for so many rows at most. */
    Candidate asSetWithin(double cost) {
        final double passes = passes(cost, epochs);
        return passes == epochs
                ? defaults(tuner, rows)
                : new Candidate(
                        String.format(Locale.ROOT, "as set, %.3g epochs", passes),
                        "as many epochs as there was time for",
                        tuner.epochs(passes),
                        rows * passes,
                        true);
    }

    private double passes(double cost, double most) {
        final double passes = cost / rows;
        return Math.min(most, passes < 1 ? passes : Math.floor(passes * 10) / 10);
    }

    /** How many rows it takes to train as long as small data needs. */
    double usualCost() {
        return rows * enough;
    }

    private Candidate full(double lr, double passes, String reason) {
        return new Candidate(
                String.format(Locale.ROOT, "lr %.1e, %s", lr, length(passes)),
                reason,
                lasting(warmed().lr(lr), passes),
                rows * passes,
                true);
    }

    private Candidate frozen(int count, double lr, double passes) {
        return new Candidate(
                String.format(Locale.ROOT, "first %d layers frozen, lr %.1e, %s", count, lr, length(passes)),
                "fewer numbers to learn from so many rows",
                lasting(warmed().freeze(count).lr(lr), passes),
                rows * passes,
                false);
    }

    /** What is frozen is computed once, forward alone; empty where there are no layers to freeze. */
    Optional<Candidate> headOnly() {
        if (layers == 0) {
            return Optional.empty();
        }
        final double passes =
                hasEpochs ? Math.min(100, Math.max(5, Math.ceil(3 * ENOUGH_STEPS / stepsPerEpoch(batch)))) : epochs;
        final double lr = MOST_TIMES * rate;
        return Optional.of(new Candidate(
                String.format(Locale.ROOT, "head only, lr %.1e, %s", lr, length(passes)),
                "the pretrained layers stay what they are, and compute once an input",
                lasting(warmed().freeze(Freeze.allButHead()).lr(lr), passes),
                rows * (0.3 + 0.02 * passes),
                false));
    }

    /** What is searched in the time that is left. */
    private FineTuner withBatch(FineTuner some, int rows) {
        return some.batchSize(new BatchSize(rows, some.settings().batchSize().inParts()));
    }

    List<Dimension> dimensions() {
        final List<Dimension> all = new ArrayList<>();
        all.add(new Dimension.Real("lr", rate / 4, MOST_TIMES * rate, true, FineTuner::lr));
        all.add(new Dimension.Choice<>("batch size", List.of(batch, 2 * batch), this::withBatch));
        if (hasEpochs) {
            all.add(new Dimension.Choice<>("epochs", List.of(enough, Math.min(60, 2 * enough)), FineTuner::epochs));
        }
        if (layers > 1) {
            all.add(new Dimension.Choice<>(
                    "frozen layers",
                    List.of(-1, layers / 2, layers - 1),
                    (changed, count) -> count < 0 ? changed : changed.freeze(count)));
        }
        return all;
    }

    Candidate searched(List<Dimension> dimensions, List<Double> places) {
        FineTuner changed = warmed();
        final List<String> names = new ArrayList<>();
        for (int i = 0; i < places.size(); i++) {
            changed = dimensions.get(i).apply(changed, places.get(i));
            final String shown = dimensions.get(i).show(places.get(i));
            if (!shown.equals("-1")) {
                names.add(dimensions.get(i).name() + " " + shown);
            }
        }
        return new Candidate(
                String.join(", ", names),
                "searched in the time that was left",
                changed,
                rows * passes(changed, rows),
                false);
    }
}
