package dev.finetune.freeze;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Regex;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Which parameters keep what they know. Of a model with {@link dev.finetune.FineTuner#lora}, {@link dev.finetune.FineTuner#ia3}
 * or {@link dev.finetune.FineTuner#adapt} that is said of the base's own parameters, which are frozen already but for
 * the head and what else is trained whole: the additions are always trained, in all adapted layers. To adapt some
 * layers only, name them as targets.
 */
public sealed interface Freeze {
    /** Nothing is frozen: full fine-tuning. */
    record Nothing() implements Freeze {
        @Override
        public String toString() {
            return "Freeze.nothing()";
        }
    }

    /**
     * The first stage (embeddings, stem) and the first k layers.
     *
     * @param layers k; 0 freezes the first stage only
     */
    record FirstLayers(int layers) implements Freeze {
        /** Checks that k is not negative. */
        public FirstLayers {
            if (layers < 0) {
                throw new FinetuneException("freeze(" + layers + "): the number of layers can't be negative.");
            }
        }

        @Override
        public String toString() {
            return "Freeze.firstLayers(" + layers + ")";
        }
    }

    /** The whole trunk; the head is trained, with the pooler that belongs to it. */
    record AllButHead() implements Freeze {
        @Override
        public String toString() {
            return "Freeze.allButHead()";
        }
    }

    /** The trunk but its biases; the head is trained, with the pooler that belongs to it. */
    record AllButBiases() implements Freeze {
        @Override
        public String toString() {
            return "Freeze.allButBiases()";
        }
    }

    /**
     * Every stage from the input up to and with the one of that name.
     *
     * @param stage dotted, such as "layer.7", or its end
     */
    record UpTo(String stage) implements Freeze {
        /** Checks that there is a name. */
        public UpTo {
            Objects.requireNonNull(stage, "stage");
        }

        @Override
        public String toString() {
            return "Layers.upTo(\"" + stage + "\")";
        }
    }

    /** The batch norms, which then keep their running statistics, too. */
    record BatchNorms() implements Freeze {
        @Override
        public String toString() {
            return "Freeze.batchNorms()";
        }
    }

    /**
     * Every parameter whose dotted name contains a match of the pattern.
     *
     * @param pattern found anywhere in the name
     */
    record Matching(Pattern pattern) implements Freeze {
        /** Checks that there is a pattern. */
        public Matching {
            Objects.requireNonNull(pattern, "pattern");
        }

        @Override
        public String toString() {
            return "Freeze.matching(\"" + pattern + "\")";
        }
    }

    /**
     * Every parameter whose dotted name the predicate accepts.
     *
     * @param names true for the names that are frozen
     */
    record Where(Predicate<String> names) implements Freeze {
        /** Checks that there is a predicate. */
        public Where {
            Objects.requireNonNull(names, "names");
        }

        @Override
        public String toString() {
            return "Freeze.where(...)";
        }
    }

    /** {@return a rule by which nothing is frozen} */
    static Freeze nothing() {
        return new Nothing();
    }

    /** {@return the embeddings (the first stage) only} */
    static Freeze embeddings() {
        return new FirstLayers(0);
    }

    /**
     * {@return the embeddings and the first k layers}
     *
     * @param layers k, at least 0
     */
    static Freeze firstLayers(int layers) {
        return new FirstLayers(layers);
    }

    /** {@return everything but the head: transfer learning} */
    static Freeze allButHead() {
        return new AllButHead();
    }

    /**
     * {@return everything but biases and the head} (BitFit: Ben Zaken et al., "BitFit: simple parameter-efficient fine-tuning
     * for transformer-based masked language-models", 2022.) Not beside an adapter, which keeps the biases frozen.
     */
    static Freeze allButBiases() {
        return new AllButBiases();
    }

    /** {@return the batch norms, wherever they are: they keep weights and running statistics, as in evaluation} */
    static Freeze batchNorms() {
        return new BatchNorms();
    }

    /**
     * {@return every parameter whose dotted name contains a match of the regular expression}
     *
     * @param regex Java's, found anywhere in the name
     * @throws FinetuneException if it is none
     */
    static Freeze matching(String regex) {
        Objects.requireNonNull(regex, "regex");
        return new Matching(Regex.compile("Freeze.matching", regex));
    }

    /**
     * {@return every parameter whose dotted name the predicate accepts}
     *
     * @param names true for the names that are frozen, such as "encoder.layer.0.output.dense.weight"
     */
    static Freeze where(Predicate<String> names) {
        return new Where(names);
    }
}
