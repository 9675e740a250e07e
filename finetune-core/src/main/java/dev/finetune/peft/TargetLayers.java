package dev.finetune.peft;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Listed;
import dev.finetune.internal.Regex;
import dev.finetune.nn.LayerKind;
import java.util.Collection;
import java.util.List;
import java.util.Objects;

/** Which layers are adapted, as PEFT's target_modules says it. What is trained whole is never adapted. */
public sealed interface TargetLayers {
    /**
     * {@return whether a layer of that dotted name and kind is one of them}
     *
     * @param layer the layer's dotted name
     * @param kind what the layer is
     */
    boolean include(String layer, LayerKind kind);

    /**
     * {@return these, or, where they are the usual ones, those of some names}
     *
     * @param names what the usual ones are called in a model
     * @throws FinetuneException if they are the usual ones, and have no name
     */
    default TargetLayers or(List<String> names) {
        if (!(this instanceof Usual)) {
            return this;
        }
        if (names.isEmpty()) {
            throw new FinetuneException("The layers to adapt: this model's family has no usual ones (" + this
                    + "): name them with targets(...); summary() lists all layers.");
        }
        return new Named(names);
    }

    /**
     * The layers whose dotted name is, or ends with a dot and, one of these.
     *
     * @param names such as "query" or "output.dense"
     */
    record Named(List<String> names) implements TargetLayers {
        /**
         * Keeps its own copy.
         *
         * @throws FinetuneException if there are none
         */
        public Named {
            names = List.copyOf(names);
            if (names.isEmpty()) {
                throw new FinetuneException("The layers to adapt: there is no name. Give the last parts of some layers'"
                        + " names, such as \"query\", \"value\".");
            }
        }

        @Override
        public boolean include(String layer, LayerKind kind) {
            return names.stream().anyMatch(name -> names(layer, name));
        }

        /**
         * {@return whether a layer ends in a name, as a whole or from a dot on}
         *
         * @param layer its dotted name
         * @param name such as "query"
         */
        public static boolean names(String layer, String name) {
            return layer.equals(name) || layer.endsWith("." + name);
        }

        /** What to say of names, given by a setting, that no adapted layer has. */
        List<String> warnings(String setting, Collection<String> adapted) {
            final List<String> unmatched = names.stream()
                    .filter(name -> adapted.stream().noneMatch(layer -> names(layer, name)))
                    .toList();
            return unmatched.isEmpty()
                    ? List.of()
                    : List.of(setting + ": no adapted layer's name ends with " + Listed.few(unmatched)
                            + ". Adapted are " + Listed.few(List.copyOf(adapted)) + "; summary() lists all layers.");
        }

        @Override
        public String toString() {
            return "layers " + String.join(", ", names);
        }
    }

    /**
     * The layers whose whole dotted name matches a regular expression.
     *
     * @param regex as {@link java.util.regex.Pattern} describes
     */
    record Matching(String regex) implements TargetLayers {
        /**
         * Checks the regular expression.
         *
         * @throws FinetuneException if it is none
         */
        public Matching {
            Regex.compile("The layers to adapt", regex);
        }

        @Override
        public boolean include(String layer, LayerKind kind) {
            return Regex.matches("The layers to adapt", regex, layer);
        }

        @Override
        public String toString() {
            return "layers that match " + regex;
        }
    }

    /**
     * The layers that the model's family names for a method ({@link LayerNames}): which they are is known when the model is.
     *
     * @param what in the words of the method
     */
    record Usual(String what) implements TargetLayers {
        /** Checks that it is there. */
        public Usual {
            Objects.requireNonNull(what, "what");
        }

        /** Not to be asked: {@link PeftMethod#on} names the layers. */
        @Override
        public boolean include(String layer, LayerKind kind) {
            throw new IllegalStateException("which layers are " + what + " depends on the model");
        }

        @Override
        public String toString() {
            return what;
        }
    }

    /** Every linear layer but the output layer: PEFT's "all-linear". */
    record AllLinear() implements TargetLayers {
        @Override
        public boolean include(String layer, LayerKind kind) {
            return kind.isLinear();
        }

        @Override
        public String toString() {
            return "every linear layer";
        }
    }
}
