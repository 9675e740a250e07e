package dev.finetune.peft;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Arguments;
import dev.finetune.nn.Adapter;
import dev.finetune.nn.Init;
import dev.finetune.nn.LayerKind;
import dev.finetune.nn.Network;
import dev.finetune.nn.Scaling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Learned vectors that multiply what layers read or give (IA3: Liu et al., "Few-shot parameter-efficient fine-tuning is
 * better and cheaper than in-context learning", 2022), named and computed as PEFT does.
 *
 * @param targets the adapted linear layers and convolutions; by default keys, values and the layers that end an attention
 *     or feed-forward block, as PEFT has it for BERT
 * @param feedForward those of them whose inputs are multiplied rather than their outputs; empty for those that a model's family
 *     names
 * @param alsoTrained what names of layers end with that are trained whole and saved with the adapter
 * @param lastLayer whether the head's last layer is, too, whatever the family calls it; so by default
 */
public record Ia3(TargetLayers targets, Optional<List<String>> feedForward, List<String> alsoTrained, boolean lastLayer)
        implements PeftMethod {
    /**
     * Keeps its own copies.
     *
     * @throws FinetuneException if a feed-forward layer isn't among targets that are named (PEFT refuses such an adapter)
     */
    public Ia3 {
        Objects.requireNonNull(targets, "targets");
        Objects.requireNonNull(feedForward, "feedForward");
        feedForward = feedForward.map(names -> Arguments.copy(names, "feedForward"));
        alsoTrained = Arguments.copy(alsoTrained, "alsoTrained");
        final List<String> scaled = feedForward.orElse(List.of());
        if (targets instanceof TargetLayers.Named named && !named.names().containsAll(scaled)) {
            throw new FinetuneException("The feed-forward layers of IA3 must be among its targets, but " + scaled
                    + " aren't all in " + named.names() + ": name them there, too.");
        }
    }

    /** {@return PEFT's layers, by the names that a model's family gives them} */
    public static Ia3 usual() {
        return new Ia3(
                new TargetLayers.Usual("keys, values and feed-forward layers"), Optional.empty(), List.of(), true);
    }

    /**
     * {@return the same for other layers, none of them feed-forward}
     *
     * @param names what dotted names end with, such as "key"; at least one
     */
    public Ia3 targets(String... names) {
        return new Ia3(
                new TargetLayers.Named(Arguments.copy("names", names)), Optional.of(List.of()), alsoTrained, lastLayer);
    }

    /**
     * {@return the same for the layers whose whole dotted name matches a regular expression}
     *
     * @param regex Java's
     */
    public Ia3 targetsMatching(String regex) {
        Objects.requireNonNull(regex, "regex");
        return new Ia3(new TargetLayers.Matching(regex), feedForward, alsoTrained, lastLayer);
    }

    /** {@return the same for every linear layer but the output layer (PEFT's "all-linear")} */
    public Ia3 allLinear() {
        return new Ia3(new TargetLayers.AllLinear(), feedForward, alsoTrained, lastLayer);
    }

    /**
     * {@return the same with other layers whose inputs are multiplied; name them among the targets, too}
     *
     * @param names what dotted names end with, such as "output.dense"
     */
    public Ia3 feedForward(String... names) {
        return new Ia3(targets, Optional.of(Arguments.copy("names", names)), alsoTrained, lastLayer);
    }

    /**
     * {@return the same with these trained whole, too: see {@link Lora#alsoTrained(String...)}}
     *
     * @param names what dotted names end with
     */
    public Ia3 alsoTrained(String... names) {
        return new Ia3(targets, feedForward, Arguments.copy("names", names), lastLayer);
    }

    @Override
    public Ia3 training(Collection<String> more) {
        Objects.requireNonNull(more, "more");
        return new Ia3(targets, feedForward, Lora.joined(alsoTrained, more), lastLayer);
    }

    @Override
    public Ia3 on(LayerNames names) {
        Objects.requireNonNull(names, "names");
        return new Ia3(
                targets.or(Lora.joined(names.keysAndValues(), names.feedForward())),
                Optional.of(feedForward.orElse(names.feedForward())),
                lastLayer ? Lora.joined(names.lastLayers(), alsoTrained) : alsoTrained,
                false);
    }

    @Override
    public Ia3 on(Collection<String> parameters) {
        Objects.requireNonNull(parameters, "parameters");
        return new Ia3(targets, feedForward, alsoTrainedOf(parameters), lastLayer);
    }

    /**
     * {@return whether the inputs of a layer of that dotted name are multiplied, not its outputs: if it ends with one
     * of the names}
     *
     * @param layer the layer's dotted name
     */
    public boolean scalesInputs(String layer) {
        return feedForward.orElse(List.of()).stream().anyMatch(layer::endsWith);
    }

    @Override
    public String prefix() {
        return "ia3_";
    }

    @Override
    public Adapter adapter(AdaptableLayer layer) {
        final LayerKind kind = layer.kind();
        if (kind.looksUp()) {
            throw new FinetuneException("IA3 is for linear layers and convolutions, but " + layer.name()
                    + " is an embedding: name other layers as targets.");
        }
        final boolean inputs = scalesInputs(layer.name());
        final long[] shape = layer.weight().shape();
        final long out = shape[kind.outputsLast() ? 1 : 0];
        final long in = shape[kind.outputsLast() ? 0 : 1] * kind.groups();
        final long[] vector = new long[shape.length];
        Arrays.fill(vector, 1);
        vector[inputs || shape.length > 2 ? 1 : 0] = inputs ? in : out;
        return new Scaling(kind, layer.additions().take("ia3_l", Init.ONES, vector), inputs);
    }

    @Override
    public Optional<String> peftType() {
        return Optional.of(Ia3Format.TYPE);
    }

    @Override
    public void write(JsonObject config, Collection<String> adapted, UnaryOperator<String> naming) {
        final Stream<String> scaled = targets instanceof TargetLayers.AllLinear // PEFT saves their names, too.
                ? adapted.stream().filter(this::scalesInputs)
                : feedForward.orElse(List.of()).stream();
        final JsonArray names = new JsonArray();
        scaled.map(naming).forEach(names::add);
        config.add(Ia3Format.FEED_FORWARD, names);
        config.addProperty(Ia3Format.INIT, true);
        config.addProperty(AdapterConfig.TRANSPOSED, false);
    }

    @Override
    public List<String> warnings(Network network) {
        final List<String> found = new ArrayList<>(PeftMethod.super.warnings(network));
        feedForward
                .filter(names -> !names.isEmpty())
                .map(names -> new TargetLayers.Named(names).warnings("feedForward(...)", network.adaptedLayers()))
                .ifPresent(found::addAll);
        return found;
    }

    @Override
    public String toString() {
        return "IA3 on " + targets
                + feedForward
                        .filter(names -> !names.isEmpty())
                        .map(names -> ", inputs of " + String.join(", ", names))
                        .orElse("")
                + Lora.also(alsoTrained);
    }
}
