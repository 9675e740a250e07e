package dev.finetune.search;

import dev.finetune.FineTuner;
import dev.finetune.Freeze;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What automatic tuning tries for data of a size, the most promising first. Small data wants more epochs at a warmed-up
 * rate (Mosbach et al., "On the stability of fine-tuning BERT", 2021; Zhang et al., "Revisiting few-sample BERT
 * fine-tuning", 2021), or fewer trained layers; large data other rates and batches.
 */
final class Candidates {
    /** Optimizer steps that small data is trained for at least. */
    private static final double ENOUGH_STEPS = 300;

    private static final double MOST_EPOCHS = 40;
    private static final double WARMUP = 0.1;

    private final FineTuner tuner;
    private final int rows;
    private final int layers;
    private final double rate;
    private final double epochs;
    private final int batch;
    private final double enough;

    Candidates(FineTuner tuner, int rows, int layers, double rate, double epochs, int batch) {
        this.tuner = tuner;
        this.rows = rows;
        this.layers = layers;
        this.rate = rate;
        this.epochs = epochs;
        this.batch = batch;
        this.enough = Math.min(MOST_EPOCHS, Math.max(epochs, Math.ceil(ENOUGH_STEPS / stepsPerEpoch(batch))));
    }

    /**
     * Settings to try.
     *
     * @param cost how many rows are trained on, as full training counts them
     * @param isFull whether it freezes nothing more than the settings as they are, so that a row's time is theirs
     */
    record Candidate(String name, String reason, FineTuner tuner, double cost, boolean isFull) {}

    private double stepsPerEpoch(int batchSize) {
        return Math.ceil(rows / (double) batchSize);
    }

    Candidate defaults() {
        return new Candidate("as set", "the settings as they are", tuner, rows * epochs, true);
    }

    /** What is known to help data of this size. */
    List<Candidate> known() {
        final List<Candidate> all = new ArrayList<>();
        if (enough > epochs) {
            final String steps = String.format(Locale.ROOT, "%.0f steps are few", stepsPerEpoch(batch) * epochs);
            all.add(full(rate, enough, steps + ", so more epochs, with a warm-up"));
            all.add(full(4 * rate, enough, steps + ", so more epochs and larger steps"));
            all.add(headOnly());
            if (layers > 1) {
                all.add(frozen(layers / 2, 2 * rate, enough));
            }
            all.add(full(16 * rate, enough, "much larger steps, which small models want"));
        } else {
            all.add(full(2 * rate, epochs, "larger steps, with a warm-up"));
            all.add(full(rate / 2, epochs, "smaller steps, with a warm-up"));
            if (layers > 1) {
                all.add(frozen(layers / 2, rate, epochs));
            }
            all.add(headOnly());
            all.add(full(8 * rate, epochs, "much larger steps, which small models want"));
        }
        return all;
    }

    private Candidate full(double lr, double passes, String reason) {
        return new Candidate(
                String.format(Locale.ROOT, "lr %.1e, %.0f epochs", lr, passes),
                reason,
                tuner.lr(lr).epochs(passes).warmupRatio(WARMUP),
                rows * passes,
                true);
    }

    private Candidate frozen(int count, double lr, double passes) {
        return new Candidate(
                String.format(Locale.ROOT, "first %d layers frozen, lr %.1e, %.0f epochs", count, lr, passes),
                "fewer numbers to learn from so many rows",
                tuner.freeze(count).lr(lr).epochs(passes).warmupRatio(WARMUP),
                rows * passes,
                false);
    }

    private Candidate headOnly() {
        final double passes = Math.min(100, Math.max(5, Math.ceil(3 * ENOUGH_STEPS / stepsPerEpoch(batch))));
        final double lr = 40 * rate;
        return new Candidate(
                String.format(Locale.ROOT, "head only, lr %.1e, %.0f epochs", lr, passes),
                "the pretrained layers stay what they are, and compute once an input",
                tuner.freeze(Freeze.allButHead()).lr(lr).epochs(passes).warmupRatio(WARMUP),
                rows * (1 + 0.1 * passes),
                false);
    }

    /** What is searched in the time that is left. */
    List<Dimension> dimensions() {
        final List<Dimension> all = new ArrayList<>();
        all.add(new Dimension.Real("lr", rate / 4, 40 * rate, true, FineTuner::lr));
        all.add(new Dimension.Choice<>("batch size", List.of(batch, 2 * batch), FineTuner::batchSize));
        all.add(new Dimension.Choice<>("epochs", List.of(enough, Math.min(60, 2 * enough)), FineTuner::epochs));
        if (layers > 1) {
            all.add(new Dimension.Choice<>(
                    "frozen layers",
                    List.of(-1, layers / 2, layers - 1),
                    (changed, count) -> count < 0 ? changed : changed.freeze(count)));
        }
        return all;
    }

    Candidate searched(List<Dimension> dimensions, List<Double> places) {
        FineTuner changed = tuner.warmupRatio(WARMUP);
        final List<String> names = new ArrayList<>();
        for (int i = 0; i < places.size(); i++) {
            changed = dimensions.get(i).apply(changed, places.get(i));
            final String shown = dimensions.get(i).show(places.get(i));
            if (!shown.equals("-1")) {
                names.add(dimensions.get(i).name() + " " + shown);
            }
        }
        final double passes = Double.parseDouble(dimensions.get(2).show(places.get(2)));
        return new Candidate(
                String.join(", ", names), "searched in the time that was left", changed, rows * passes, false);
    }
}
