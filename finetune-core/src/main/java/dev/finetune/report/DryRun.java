package dev.finetune.report;

import dev.finetune.train.Rehearsal;
import dev.finetune.train.TrainingListener;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What the first step of a fit did, made of the longest rows: data, settings and model fit together, and memory suffices for it,
 * for another step, and for an evaluation.
 *
 * @param plan what would have been done
 * @param first what the step did, and what was evaluated after it
 * @param peakMegabytes the largest resident size that this process came to, with all else that it holds; empty where the system
 *     doesn't tell (only Linux does)
 * @param warnings what will hurt
 */
public record DryRun(
        TrainingListener.Plan plan, Rehearsal.FirstStep first, Optional<Long> peakMegabytes, List<String> warnings) {
    /** Keeps its own copy of the warnings. */
    public DryRun {
        warnings = List.copyOf(warnings);
    }

    /** {@return the same in words, warnings line by line} */
    @Override
    public String toString() {
        final StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "The first of %,d steps, on the %d longest rows: loss %.4f, gradient norm %.4g, %.1f s%s%s. Nothing was kept.",
                plan.steps(),
                first.step().rows(),
                first.step().loss(),
                first.step().gradientNorm(),
                first.seconds(),
                peakMegabytes
                        .map(megabytes -> String.format(Locale.ROOT, ", up to %,d MB of this process", megabytes))
                        .orElse(""),
                first.evaluation()
                        .map(metrics -> String.format(Locale.ROOT, "; evaluated, loss %.4f", metrics.get("loss")))
                        .orElse("")));
        warnings.forEach(warning -> text.append(String.format("%n  %s", warning)));
        return text.toString();
    }
}
