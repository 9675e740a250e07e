package dev.finetune;

import dev.finetune.data.Dataset;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Heads;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.Stage;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * How much of what it knew a network lost when it was fine-tuned: a metric before and after.
 *
 * @param metric its name
 * @param before of the network as it was
 * @param after of the network as it is
 */
public record Forgetting(String metric, double before, double after) {
    /**
     * {@return a metric of two models on the same data: of a second task that both were trained for, say}
     *
     * @param <I> the kind of input
     * @param before the model to start from
     * @param after the model to compare with it
     * @param data labelled examples, the same for both
     * @param metric such as "accuracy" or "loss"
     */
    public static <I> Forgetting of(FineTuned<I> before, FineTuned<I> after, Dataset<I> data, String metric) {
        Objects.requireNonNull(before, "before");
        Objects.requireNonNull(after, "after");
        Objects.requireNonNull(data, "data");
        Objects.requireNonNull(metric, "metric");
        return new Forgetting(
                metric, before.evaluate(data).get(metric), after.evaluate(data).get(metric));
    }

    /**
     * {@return the loss of the pretrained task, masked-LM, on plain inputs: with the checkpoint's own masked-LM head on
     * its own encoder, then with the same head on the tuned encoder (LoRA's additions taken in)} The masks are the
     * same.
     *
     * @param <I> the kind of input
     * @param checkpoint what the model was tuned from, with the seed and length to use
     * @param tuned a model of the same encoder; it stays as it is
     * @param texts inputs without labels
     * @throws FinetuneException if the checkpoint has no masked-LM head, or another encoder
     */
    public static <I> Forgetting ofMaskedLm(FineTuner checkpoint, FineTuned<?> tuned, Dataset<I> texts) {
        Objects.requireNonNull(checkpoint, "checkpoint");
        Objects.requireNonNull(tuned, "tuned");
        Objects.requireNonNull(texts, "texts");
        try (FineTuned<I> original = checkpoint.head(Heads.maskedLm()).untrained(texts.inputType())) {
            if (!original.loadReport().newlyInitialized().isEmpty()) {
                throw new FinetuneException(checkpoint + " was not saved with a masked-LM head: "
                        + original.loadReport().newlyInitialized()
                        + " would be random. Give the checkpoint that was pretrained, not one that was fine-tuned.");
            }
            final double before = original.evaluate(texts).get("loss");
            tuned.lend(parameters -> copy(parameters, original));
            return new Forgetting("loss", before, original.evaluate(texts).get("loss"));
        }
    }

    private static void copy(List<Parameter> tuned, FineTuned<?> original) {
        final Map<String, Parameter> byName = new HashMap<>();
        tuned.forEach(parameter -> byName.put(parameter.name(), parameter));
        for (Stage stage : original.assembly().network().stages()) {
            for (Parameter parameter : stage.parameters()) {
                final Parameter same = byName.get(parameter.name());
                if (same == null || !Arrays.equals(same.shape(), parameter.shape())) {
                    throw new FinetuneException("The tuned model's encoder is another one: it has no "
                            + parameter.name() + " of shape " + Arrays.toString(parameter.shape()) + ".");
                }
                parameter.copyMerged(same);
            }
        }
    }

    /** {@return after minus before: above 0 is worse for a loss, below 0 for an accuracy} */
    public double change() {
        return after - before;
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%s %.4f before, %.4f after (%+.4f)", metric, before, after, change());
    }
}
