package dev.finetune;

import java.util.List;
import java.util.stream.Stream;

/** A parameter-efficient way to fine-tune, as PEFT has it: the base is frozen, and little beside it learns. */
public sealed interface PeftMethod permits Lora, Ia3 {
    /** The last parts of the adapted layers' names. */
    List<String> targets();

    /** What parts of names end with of which all is trained whole and saved with the adapter. */
    List<String> alsoTrained();

    /** Whether a layer of that dotted name is adapted. */
    boolean adapts(String layer);

    /** Whether a parameter of that dotted name is trained whole. */
    boolean trains(String parameter);

    /** What PEFT calls a parameter that is trained whole, without its prefix. */
    default String savedName(String parameter) {
        return parameter;
    }

    /** Whether one of the names is a layer's name, or what it ends with after a dot. */
    static boolean named(List<String> names, String layer) {
        return names.stream().anyMatch(name -> layer.equals(name) || layer.endsWith("." + name));
    }

    /** Whether one of the names ends a part of a dotted name, as PEFT asks: "classifier" is in "pre_classifier.weight". */
    static boolean part(List<String> names, String parameter) {
        return Stream.of(parameter.split("\\.")).anyMatch(part -> names.stream().anyMatch(part::endsWith));
    }
}
