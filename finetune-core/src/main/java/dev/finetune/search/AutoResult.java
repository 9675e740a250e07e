package dev.finetune.search;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import java.util.List;
import java.util.Locale;

/**
 * What automatic tuning chose, and why.
 *
 * @param model the chosen model, trained; close it
 * @param tuner the settings that it was trained with: they train the same model again, unless its time was up, for which
 *     they then have {@link FineTuner#maxTime}
 * @param metric what was chosen by: the one that the best evaluation is kept by, if one was named, or the task's main one
 * @param attempts all that was tried, the settings as they are first (cut short where time was)
 * @param chosen the attempt whose settings were chosen
 * @param reasons the choice explained, a line each
 * @param <I> the kind of input
 */
public record AutoResult<I>(
        FineTuned<I> model,
        FineTuner tuner,
        String metric,
        List<Attempt> attempts,
        Attempt chosen,
        List<String> reasons)
        implements AutoCloseable {
    /** Keeps its own copies. */
    public AutoResult {
        attempts = List.copyOf(attempts);
        reasons = List.copyOf(reasons);
    }

    /**
     * Something that was tried.
     *
     * @param name the settings in short
     * @param reason why it was tried; where it came to nothing, why
     * @param value the metric that was chosen by, on validation data; NaN where training diverged, was refused, or was
     *     stopped before it was evaluated
     * @param loss the loss on validation data; NaN as the value
     * @param seconds how long it took
     */
    public record Attempt(String name, String reason, double value, double loss, double seconds) {}

    /** {@return the choice in readable lines: why, then all that was tried} */
    public String explanation() {
        final StringBuilder text = new StringBuilder();
        reasons.forEach(line -> text.append(line).append('\n'));
        text.append(String.format(Locale.ROOT, "%n%10s %9s %7s  %s", metric, "loss", "s", "tried"));
        for (Attempt attempt : attempts) {
            text.append(String.format(
                    Locale.ROOT,
                    "%n%10.4f %9.4f %7.1f  %s: %s%s",
                    attempt.value,
                    attempt.loss,
                    attempt.seconds,
                    attempt.name,
                    attempt.reason,
                    attempt.equals(chosen) ? " (chosen)" : ""));
        }
        return text.toString();
    }

    @Override
    public void close() {
        model.close();
    }
}
