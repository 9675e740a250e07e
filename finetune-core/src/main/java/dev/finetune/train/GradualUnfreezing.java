package dev.finetune.train;

import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Trains the head first, then one more stage at a time, from the top (Howard and Ruder, "Universal language model
 * fine-tuning for text classification", 2018). What was frozen before stays so, and a stage of which everything is takes
 * no turn. A stage that waits gets no gradient, so that nothing moves it, weight decay neither, and its batch norms
 * evaluate. Closing it lets all be trained again that was when it began.
 */
final class GradualUnfreezing implements AutoCloseable {
    private final double epochsPerStage;
    private final int atOnce;
    private final List<List<Parameter>> waiting = new ArrayList<>();
    private int open;

    /**
     * Freezes what waits.
     *
     * @param network whose trained parameters are to be trained, sooner or later
     * @param epochsPerStage epochs until one more stage is trained; 0 to let everything be trained at once
     */
    GradualUnfreezing(Network network, double epochsPerStage) {
        this.epochsPerStage = epochsPerStage;
        final List<Parameter> trained = epochsPerStage > 0 ? network.trained() : List.of();
        final LayerwiseRates depths = new LayerwiseRates(network);
        for (int depth = depths.stages() - 1; depth >= 0; depth--) {
            final int here = depth;
            final List<Parameter> turn =
                    trained.stream().filter(each -> depths.of(each) == here).toList();
            if (!turn.isEmpty()) {
                waiting.add(turn);
            }
        }
        waiting.forEach(turn -> turn.forEach(parameter -> parameter.setTrained(false)));
        this.atOnce = network.trained().isEmpty() ? 1 : 0; // Where the head is frozen, the top stage begins.
        reach(0);
    }

    /** Unfreezes what is due after so many epochs. */
    void reach(double epochs) {
        for (final int due = due(epochs); open < due; open++) {
            waiting.get(open).forEach(parameter -> parameter.setTrained(true));
        }
    }

    private int due(double epochs) {
        return waiting.isEmpty()
                ? 0
                : (int) Math.min(waiting.size(), atOnce + Math.floor(epochs / epochsPerStage + 1e-9));
    }

    /** What to tell of stages whose turn never comes, when the last step begins after so many epochs. */
    Optional<String> warning(double epochsBeforeLastStep) {
        final int reached = due(epochsBeforeLastStep);
        return reached == waiting.size()
                ? Optional.empty()
                : Optional.of(String.format(
                        Locale.ROOT,
                        "preservation(p -> p.gradualUnfreezing(%s)): training ends before %d of %d stages have been"
                                + " trained. More epochs, or"
                                + " at most %.2g epochs per stage, reach them all.",
                        epochsPerStage,
                        waiting.size() - reached,
                        waiting.size(),
                        epochsBeforeLastStep / Math.max(1, waiting.size() - atOnce)));
    }

    @Override
    public void close() {
        waiting.forEach(turn -> turn.forEach(parameter -> parameter.setTrained(true)));
    }
}
