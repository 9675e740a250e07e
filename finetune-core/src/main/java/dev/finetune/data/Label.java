package dev.finetune.data;

import dev.finetune.internal.Arguments;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** What is known of an example: the thing that a model learns to predict. */
public interface Label {
    /**
     * One class of several, by name.
     *
     * @param name as the data writes it
     */
    record Category(String name) implements Label {
        /** Checks that there is a name. */
        public Category {
            Objects.requireNonNull(name, "name");
        }
    }

    /**
     * Any number of classes at once, by name (multi-label).
     *
     * @param names as the data writes them; empty for an example of no class
     */
    record Categories(Set<String> names) implements Label {
        /** Keeps its own copy. */
        public Categories {
            names = Set.copyOf(Arguments.copy(names, "names"));
        }
    }

    /**
     * One number, or several (regression).
     *
     * @param values one a target
     */
    record Values(List<Double> values) implements Label {
        /** Keeps its own copy. */
        public Values {
            values = Arguments.copy(values, "values");
        }
    }

    /**
     * One tag a word (token classification).
     *
     * @param tags such as "B-PER", one a word
     */
    record Tags(List<String> tags) implements Label {
        /** Keeps its own copy. */
        public Tags {
            tags = Arguments.copy(tags, "tags");
        }
    }

    /**
     * The accepted answers of a question, each with the place where it starts; the first one is trained on. Of a question
     * without an answer a model learns to point at the window's start, as in SQuAD 2.0; but it is asked for the best words all
     * the same, so that such questions lower the scores.
     *
     * @param answers the one that is trained on first; none where the context has no answer
     */
    record Answers(List<Answer> answers) implements Label {
        /** Keeps its own copy. */
        public Answers {
            answers = Arguments.copy(answers, "answers");
        }
    }

    /**
     * What is to be written for an input: the rest of a text, an answer, a summary.
     *
     * @param text as it is to be written
     */
    record Completion(String text) implements Label {
        /** Checks that there is a text. */
        public Completion {
            Objects.requireNonNull(text, "text");
        }
    }

    /** Two answers, of which one is preferred: what {@code fitPreferences(...)} learns from, and no other way of training. */
    interface Comparison extends Label {}

    /** Nothing is known: for prediction, feature extraction, and masked-language modelling. */
    record None() implements Label {}

    /**
     * An answer as a span of its context.
     *
     * @param text the answer's words, as they stand in the context
     * @param start where it starts in the context, in UTF-16 units (as {@link String#substring(int)} counts)
     */
    record Answer(String text, int start) {
        /** Checks that there is a text. */
        public Answer {
            Objects.requireNonNull(text, "text");
        }
    }

    /**
     * {@return one class, by name}
     *
     * @param category the class's name
     */
    static Label of(String category) {
        return new Category(Objects.requireNonNull(category, "category"));
    }

    /**
     * {@return one number}
     *
     * @param value any finite number
     */
    static Label of(double value) {
        return new Values(List.of(value));
    }

    /**
     * {@return what is to be written for an input}
     *
     * @param text as it is to be written
     */
    static Label completion(String text) {
        return new Completion(text);
    }

    /** {@return the absence of a label} */
    static Label none() {
        return new None();
    }
}
