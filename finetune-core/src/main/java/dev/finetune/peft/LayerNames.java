package dev.finetune.peft;

import dev.finetune.internal.Arguments;
import java.util.List;

/**
 * What the layers of a family's networks are called, for methods that are told of no layers: a family says it, as the names
 * are its own. All are what dotted names end with, such as "query" or "output.dense".
 *
 * @param queriesAndValues what LoRA adapts: in attention, what makes queries and values
 * @param keysAndValues whose outputs IA3 multiplies: in attention, what makes keys and values
 * @param feedForward whose inputs IA3 multiplies: the layers that end an attention or feed-forward block
 * @param lastLayers the heads' last layers, which are trained whole beside an adapter
 */
public record LayerNames(
        List<String> queriesAndValues, List<String> keysAndValues, List<String> feedForward, List<String> lastLayers) {
    /** Of a family that says nothing: methods have to be told which layers they adapt. */
    public static final LayerNames NONE = new LayerNames(List.of(), List.of(), List.of(), List.of());

    /** Keeps its own copies. */
    public LayerNames {
        queriesAndValues = Arguments.copy(queriesAndValues, "queriesAndValues");
        keysAndValues = Arguments.copy(keysAndValues, "keysAndValues");
        feedForward = Arguments.copy(feedForward, "feedForward");
        lastLayers = Arguments.copy(lastLayers, "lastLayers");
    }
}
