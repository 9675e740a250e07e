package dev.finetune.peft;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Arguments;
import java.util.Collection;
import java.util.List;
import java.util.Objects;

/**
 * Learned vectors that multiply what layers read or give (IA3: Liu et al., "Few-shot parameter-efficient fine-tuning is
 * better and cheaper than in-context learning", 2022), named and computed as PEFT does.
 *
 * @param targets the adapted linear layers and convolutions; by default keys, values and the layers that end an attention
 *     or feed-forward block, as PEFT has it for BERT
 * @param feedForward those of them whose inputs are multiplied rather than their outputs
 * @param alsoTrained what names of layers end with that are trained whole and saved with the adapter; the head's last layer
 *     by default
 */
public record Ia3(TargetLayers targets, List<String> feedForward, List<String> alsoTrained) implements PeftMethod {
    private static final List<String> FEED_FORWARD = List.of("output.dense", "ffn.lin2", "ffn_output", "mlp.Wo");

    private static final List<String> KEYS_AND_VALUES =
            List.of("key", "value", "k_lin", "v_lin", "key_proj", "value_proj", "k", "v", "Wqkv");

    /**
     * Keeps its own copies.
     *
     * @throws FinetuneException if a feed-forward layer isn't among targets that are named (PEFT refuses such an adapter)
     */
    public Ia3 {
        Objects.requireNonNull(targets, "targets");
        feedForward = Arguments.copy(feedForward, "feedForward");
        alsoTrained = Arguments.copy(alsoTrained, "alsoTrained");
        if (targets instanceof TargetLayers.Named named && !named.names().containsAll(feedForward)) {
            throw new FinetuneException("The feed-forward layers of IA3 must be among its targets, but " + feedForward
                    + " aren't all in " + named.names() + ": name them there, too.");
        }
    }

    /** {@return PEFT's layers for BERT and its kin} */
    public static Ia3 usual() {
        return new Ia3(
                new TargetLayers.Named(Lora.joined(KEYS_AND_VALUES, FEED_FORWARD)), FEED_FORWARD, Lora.LAST_LAYERS);
    }

    /**
     * {@return the same for other layers, none of them feed-forward}
     *
     * @param names what dotted names end with, such as "key"; at least one
     */
    public Ia3 targets(String... names) {
        return new Ia3(new TargetLayers.Named(Arguments.copy("names", names)), List.of(), alsoTrained);
    }

    /**
     * {@return the same for the layers whose whole dotted name matches a regular expression}
     *
     * @param regex Java's
     */
    public Ia3 targetsMatching(String regex) {
        Objects.requireNonNull(regex, "regex");
        return new Ia3(new TargetLayers.Matching(regex), feedForward, alsoTrained);
    }

    /** {@return the same for every linear layer but the output layer (PEFT's "all-linear")} */
    public Ia3 allLinear() {
        return new Ia3(new TargetLayers.AllLinear(), feedForward, alsoTrained);
    }

    /**
     * {@return the same with other layers whose inputs are multiplied; name them among the targets, too}
     *
     * @param names what dotted names end with, such as "output.dense"
     */
    public Ia3 feedForward(String... names) {
        return new Ia3(targets, Arguments.copy("names", names), alsoTrained);
    }

    /**
     * {@return the same with these trained whole, too: see {@link Lora#alsoTrained(String...)}}
     *
     * @param names what dotted names end with
     */
    public Ia3 alsoTrained(String... names) {
        return new Ia3(targets, feedForward, Lora.joined(Lora.LAST_LAYERS, Arguments.copy("names", names)));
    }

    @Override
    public Ia3 training(Collection<String> more) {
        Objects.requireNonNull(more, "more");
        return new Ia3(targets, feedForward, Lora.joined(alsoTrained, more));
    }

    /**
     * {@return whether the inputs of a layer of that dotted name are multiplied, not its outputs: if it ends with one
     * of the names}
     *
     * @param layer the layer's dotted name
     */
    public boolean scalesInputs(String layer) {
        return feedForward.stream().anyMatch(layer::endsWith);
    }

    @Override
    public String toString() {
        return "IA3 on " + targets + (feedForward.isEmpty() ? "" : ", inputs of " + String.join(", ", feedForward))
                + Lora.also(alsoTrained);
    }
}
