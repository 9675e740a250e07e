package dev.finetune.search;

import dev.finetune.search.AutoResult.Attempt;
import dev.finetune.train.TrainingHistory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Says in words what was tried, what was chosen, and why. */
final class Explanation {
    private final Comparison comparison;
    private final TimeBudget time;

    Explanation(Comparison comparison, TimeBudget time) {
        this.comparison = comparison;
        this.time = time;
    }

    /** Why there is no model: nothing that was tried came to a result. */
    String nothingCameOfIt() {
        if (time.isCancelled()) {
            return "Automatic tuning was cancelled before any training came to its end, so there is no model. A training of"
                    + " fit(...) that is cancelled keeps what it learned.";
        }
        return "None of the trainings that were tried came to a result: "
                + comparison.attempts().stream()
                        .map(one -> one.name() + " (" + one.reason() + ")")
                        .collect(Collectors.joining(", "))
                + ". Where they diverged, look at the data (numbers that aren't finite?), or begin with a lower learning"
                + " rate; where their time was up, give more, or leave evaluation(e -> e.everySteps(...)) out.";
    }

    /** Why there is no model: what was chosen was not yet trained on all data. */
    String cancelledTooEarly() {
        final Attempt chosen = comparison.best().attempt();
        return "Automatic tuning was cancelled before a model was trained on all of the data; of"
                + " the settings that were cross-validated by then the best were " + chosen.name() + " ("
                + comparison.metric() + " " + chosen.value() + ").";
    }

    /**
     * The choice explained.
     *
     * @param data what was trained and compared on
     * @param searched seconds that it took to choose
     * @param history how the model's training went
     * @return a sentence or two a line
     */
    List<String> reasons(String data, double searched, TrainingHistory history) {
        final List<String> lines = new ArrayList<>();
        lines.add(data);
        lines.add(String.format(
                Locale.ROOT,
                "Time: %.0f s were given; training on a row takes %.2g s, so %d settings were tried in %.1f s.",
                time.given(),
                time.secondsPerRow(),
                comparison.size(),
                searched));
        lines.add(choice());
        if (time.isCancelled()) {
            lines.add("It was cancelled: this is the best by then.");
        }
        final TrainingHistory.End end = history.end();
        if (end == TrainingHistory.End.OUT_OF_TIME || end.isByRequest()) {
            lines.add("The model's training was stopped after "
                    + history.steps().size() + " steps, for "
                    + (end.isByRequest() ? "it was " + end.words() + "." : "its time was up."));
        }
        return lines;
    }

    private String choice() {
        final Attempt chosen = comparison.best().attempt();
        if (!comparison.isRace() && chosen.equals(comparison.first())) {
            return String.format(
                    Locale.ROOT,
                    "Chosen: the settings as they are. Nothing had a better %s than their %.4f by more than "
                            + "%.4f, half a standard error or so.",
                    comparison.metric(),
                    chosen.value(),
                    comparison.margin());
        }
        final String best = String.format(
                Locale.ROOT,
                "Chosen: %s, for its %s of %.4f is the best",
                chosen.name(),
                comparison.metric(),
                chosen.value());
        return best + why(chosen);
    }

    private String why(Attempt chosen) {
        final Attempt first = comparison.first();
        if (comparison.isRace()) {
            return String.format(
                    Locale.ROOT,
                    ". A whole training with the settings as they are would have "
                            + "taken most of the time, so they and the rate that the range test found learned for a tenth "
                            + "of it each, to a loss of %.4f and %.4f, and the better one had what was left.",
                    first.loss(),
                    comparison.attempts().get(1).loss());
        }
        if (Double.isNaN(first.value())) {
            return ". Nothing came of the settings as they were.";
        }
        return String.format(
                Locale.ROOT,
                ", against %.4f of the settings as they were, "
                        + "and better by more than chance would have it (%.4f). Reason: %s.",
                first.value(),
                comparison.margin(),
                chosen.reason());
    }
}
