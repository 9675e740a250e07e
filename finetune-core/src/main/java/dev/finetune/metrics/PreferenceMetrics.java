package dev.finetune.metrics;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Scores a model over pairs of answers of which one is preferred: what TRL calls rewards/accuracies, rewards/margins,
 * rewards/chosen, rewards/rejected, logps/chosen and logps/rejected, over all pairs. Not thread-safe.
 */
public final class PreferenceMetrics {
    private long pairs;
    private long right;
    private double chosenReward;
    private double rejectedReward;
    private double chosenLogProbability;
    private double rejectedLogProbability;

    /**
     * Counts a pair.
     *
     * @param chosen the reward of the preferred answer
     * @param rejected the reward of the other one
     * @param logChosen the log-probability of the preferred answer, added up over its tokens
     * @param logRejected that of the other one
     */
    public void add(double chosen, double rejected, double logChosen, double logRejected) {
        pairs++;
        right += chosen > rejected ? 1 : 0;
        chosenReward += chosen;
        rejectedReward += rejected;
        chosenLogProbability += logChosen;
        rejectedLogProbability += logRejected;
    }

    /**
     * Puts in place of what it has counted what all processes have, each over its part of the same data.
     *
     * @param totals over the processes, all of which call this
     */
    public void total(Totals totals) {
        pairs = totals.of(pairs);
        right = totals.of(right);
        chosenReward = totals.of(chosenReward);
        rejectedReward = totals.of(rejectedReward);
        chosenLogProbability = totals.of(chosenLogProbability);
        rejectedLogProbability = totals.of(rejectedLogProbability);
    }

    /**
     * "loss"; "reward_accuracy", the share of pairs whose preferred answer has the larger reward; "reward_margin", by how much it is
     * larger, on average; "chosen_reward", "rejected_reward", "chosen_log_probability", "rejected_log_probability", on average.
     *
     * @param loss the mean loss
     * @return what was counted so far
     */
    public Metrics result(double loss) {
        final Map<String, Double> values = new LinkedHashMap<>();
        values.put("reward_accuracy", (double) right / pairs);
        values.put("reward_margin", (chosenReward - rejectedReward) / pairs);
        values.put("chosen_reward", chosenReward / pairs);
        values.put("rejected_reward", rejectedReward / pairs);
        values.put("chosen_log_probability", chosenLogProbability / pairs);
        values.put("rejected_log_probability", rejectedLogProbability / pairs);
        return new Metrics(values)
                .withShare("reward_accuracy", right, pairs, 1)
                .with("loss", loss)
                .lowerIsBetter("rejected_reward", "rejected_log_probability");
    }
}
