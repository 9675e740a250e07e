package dev.finetune.peft;

import com.google.gson.JsonObject;
import dev.finetune.nn.Adapter;
import dev.finetune.nn.LayerKind;
import dev.finetune.nn.Network;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * A parameter-efficient way to fine-tune, as PEFT has it: the base is frozen, and little beside it learns. {@link Lora} and
 * {@link Ia3} are known here; another needs no more than to say which layers it adapts, and {@linkplain #adapter how}.
 *
 * <p>What a checkpoint lacks (a new head; the pooler below it, where a BERT was saved without one) starts at random. Frozen
 * it would be noise that no file holds, so it isn't adapted, but trained whole and saved with the adapter, as PEFT's
 * modules_to_save are.
 */
public interface PeftMethod {
    /** {@return the adapted layers, but for those that are trained whole} */
    TargetLayers targets();

    /**
     * {@return what adapts a layer}
     *
     * @param layer one that this {@linkplain #adapts adapts}, under construction; gives the parameters that are added, all of
     *     which must be the adapter's own
     * @throws dev.finetune.error.FinetuneException if it can't adapt layers of that kind
     */
    Adapter adapter(AdaptableLayer layer);

    /** {@return what the names of all that it adds to a layer begin with: "lora_"} */
    String prefix();

    /**
     * {@return the same with the names of a family's layers in place of what it wasn't told; {@link #adapts} and {@link #trains}
     * are asked of that}
     *
     * @param names of the model's family
     * @throws dev.finetune.error.FinetuneException if the family doesn't name what is needed
     */
    default PeftMethod on(LayerNames names) {
        return this;
    }

    /**
     * {@return PEFT's peft_type, under which it is saved; empty where it has no format, so that only the merged model
     * is saved}
     */
    default Optional<String> peftType() {
        return Optional.empty();
    }

    /**
     * Says in adapter_config.json what {@link PeftFormat#read} needs, beside the type, the targets and what is trained whole,
     * which are there.
     *
     * @param config takes it
     * @param adapted the dotted names of the adapted layers
     * @param naming what a layer of that dotted name is called there
     */
    default void write(JsonObject config, Collection<String> adapted, UnaryOperator<String> naming) {}

    /**
     * {@return what to warn of, in the user's words: settings that do nothing, or little, with the network that they met}
     *
     * @param network adapted by this
     */
    default List<String> warnings(Network network) {
        return targets() instanceof TargetLayers.Named named
                ? named.warnings("targets(...)", network.adaptedLayers())
                : List.of();
    }

    /** {@return what names of layers and blocks end with of which all is trained whole and saved with the adapter} */
    List<String> alsoTrained();

    /**
     * {@return the same with more trained whole, beside {@link #alsoTrained()}}
     *
     * @param more what dotted names end with
     */
    PeftMethod training(Collection<String> more);

    /**
     * {@return whether a layer of that dotted name and kind is adapted}
     *
     * @param layer the layer's dotted name
     * @param kind what the layer is
     */
    default boolean adapts(String layer, LayerKind kind) {
        return targets().include(layer, kind) && !within(alsoTrained(), layer);
    }

    /**
     * {@return whether a parameter of that dotted name is trained whole, or a buffer belongs to what is}
     *
     * @param parameter its dotted name
     * @param adapted the dotted names of the adapted layers
     */
    default boolean trains(String parameter, Set<String> adapted) {
        return within(alsoTrained(), owner(parameter));
    }

    /**
     * {@return whether a parameter of that dotted name belongs to the adapter, not to the base: it adds it, or trains
     * it whole}
     *
     * @param parameter its dotted name
     * @param adapted the dotted names of the adapted layers
     */
    default boolean owns(String parameter, Set<String> adapted) {
        return parameter.startsWith(AdapterParameters.PREFIX) || trains(parameter, adapted);
    }

    /**
     * {@return those of {@link #alsoTrained()} by which some of these parameters are trained whole}
     *
     * @param parameters their dotted names
     */
    default List<String> alsoTrainedOf(Collection<String> parameters) {
        return alsoTrained().stream()
                .filter(name -> parameters.stream().anyMatch(parameter -> within(List.of(name), owner(parameter))))
                .toList();
    }

    /**
     * {@return the same, {@link #alsoTrained()} being only what some of these parameters belong to, as people are told it; itself by
     * default}
     *
     * @param parameters their dotted names
     */
    default PeftMethod on(Collection<String> parameters) {
        return this;
    }

    /**
     * {@return what PEFT calls a parameter that is trained whole, without its prefix}
     *
     * @param parameter its dotted name
     * @param adapted the dotted names of the adapted layers
     */
    default String savedName(String parameter, Set<String> adapted) {
        return parameter;
    }

    /** The dotted name of the layer that a parameter or buffer belongs to; empty if it is outside all. */
    private static String owner(String parameter) {
        return parameter.substring(0, Math.max(0, parameter.lastIndexOf('.')));
    }

    /**
     * Whether a layer's dotted name, or that of a block around it, ends with one of the names, as PEFT asks: "classifier"
     * has "pre_classifier", and "pooler.dense" has "bert.pooler.dense".
     */
    private static boolean within(List<String> names, String layer) {
        for (int end = layer.length(); end > 0; end = layer.lastIndexOf('.', end - 1)) {
            final String block = layer.substring(0, end);
            if (names.stream().anyMatch(block::endsWith)) {
                return true;
            }
        }
        return false;
    }
}
