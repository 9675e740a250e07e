package dev.finetune;

import dev.finetune.nn.LayerKind;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** A parameter-efficient way to fine-tune, as PEFT has it: the base is frozen, and little beside it learns. */
public sealed interface PeftMethod permits Lora, Ia3 {
    /** The adapted layers, but for those that are trained whole. */
    TargetLayers targets();

    /** What parts of names end with of which all is trained whole and saved with the adapter. */
    List<String> alsoTrained();

    /** Whether a layer of that dotted name and kind is adapted. */
    default boolean adapts(String layer, LayerKind kind) {
        return targets().include(layer, kind) && !part(alsoTrained(), layer);
    }

    /**
     * Whether a parameter of that dotted name is trained whole, or a buffer belongs to what is.
     *
     * @param adapted the dotted names of the adapted layers
     */
    default boolean trains(String parameter, Set<String> adapted) {
        return part(alsoTrained(), parameter);
    }

    /**
     * What PEFT calls a parameter that is trained whole, without its prefix.
     *
     * @param adapted the dotted names of the adapted layers
     */
    default String savedName(String parameter, Set<String> adapted) {
        return parameter;
    }

    /** Whether one of the names ends a part of a dotted name, as PEFT asks: "classifier" is in "pre_classifier.weight". */
    private static boolean part(List<String> names, String dotted) {
        return Stream.of(dotted.split("\\.")).anyMatch(part -> names.stream().anyMatch(part::endsWith));
    }
}
