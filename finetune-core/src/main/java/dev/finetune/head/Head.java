package dev.finetune.head;

import com.google.gson.JsonObject;
import dev.finetune.data.Label;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Arguments;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a model is to predict; {@link Heads} makes those that are known here. A family may bring its own; and who brings a
 * head of a whole input with its own task ({@link dev.finetune.task.TaskHead}) puts it on the families that there are.
 */
public interface Head {
    /**
     * {@return the names of the classes or tags; empty where they are still to be found in the data, or where there are
     * none}
     */
    default List<String> labels() {
        return List.of();
    }

    /** {@return whether its outputs have names, which are found in the data where they aren't said} */
    default boolean hasNames() {
        return !labels().isEmpty();
    }

    /**
     * {@return the same head with the names of its outputs; only asked for where it {@linkplain #hasNames() has} some}
     *
     * @param names at least one, in the order of the outputs
     */
    default Head named(List<String> names) {
        throw new UnsupportedOperationException(this + " has no names, so that it can't take " + names);
    }

    /**
     * {@return how many outputs have a row of their own in the last layer that means something by itself; 0 where their
     * meaning is fixed}
     */
    default int rows() {
        return labels().size();
    }

    /** {@return how many names its outputs must have; 0 where there are as many as are named or found} */
    default int namesNeeded() {
        return 0;
    }

    /**
     * {@return whether it says one thing of a whole input, and reads it from {@link #rows()} numbers, "logits" of (batch,
     * rows), which every family's network for a whole input gives}
     */
    default boolean isOfWholeInput() {
        return false;
    }

    /** {@return how an input's vectors become the one that it gives; empty where it gives none} */
    default Optional<Pooling> pooling() {
        return Optional.empty();
    }

    /** {@return what it is called in messages: "Classification"} */
    default String kind() {
        return getClass().getSimpleName();
    }

    /**
     * {@return the name under which config.json holds it, where no problem type of Transformers says what it is, and by which a
     * {@code dev.finetune.spi.HeadFormat} reads it again}
     */
    default String savedAs() {
        return getClass().getName();
    }

    /**
     * Says in config.json what is needed to read it again, beside {@link #savedAs()} and the labels, which are there.
     *
     * @param config takes it
     */
    default void write(JsonObject config) {}

    /**
     * {@return whether the head can learn from a label; {@link Label.None} is that of inputs alone}
     *
     * @param label of an example
     */
    boolean learnsFrom(Label label);

    /**
     * {@return how labels that it learns from are read, or made, for whoever comes with others; empty where it learns
     * from none}
     */
    String labelAdvice();

    /** {@return whether it chooses one class of several, of an input or of a word, so that classes can be weighed} */
    default boolean isOneOfSeveral() {
        return false;
    }

    /** {@return Transformers' problem_type in config.json; empty where it has none} */
    default Optional<String> problemType() {
        return Optional.empty();
    }

    /** {@return PEFT's task_type, by which it looks for the head's last layer; empty where PEFT has none} */
    default Optional<String> taskType() {
        return Optional.empty();
    }

    /**
     * One class of several.
     *
     * @param classes how many
     * @param labels their names, or empty: then those found in the data
     */
    record Classification(int classes, List<String> labels) implements Head {
        /** Checks that there are at least two classes, and a name for each or none at all. */
        public Classification {
            labels = checked(labels);
            if (classes < 2) {
                throw new FinetuneException("A classification head needs at least 2 classes, not " + classes
                        + "; for one number use Heads.regression().");
            }
            if (!labels.isEmpty() && labels.size() != classes) {
                throw new FinetuneException(
                        "head: " + classes + " classes, but " + labels.size() + " labels: " + labels);
            }
        }

        @Override
        public boolean learnsFrom(Label label) {
            return label instanceof Label.Category;
        }

        @Override
        public String labelAdvice() {
            return "classification() of the files' reader, Label.of(\"name\")";
        }

        @Override
        public boolean hasNames() {
            return true;
        }

        @Override
        public Head named(List<String> names) {
            return new Classification(classes, names);
        }

        @Override
        public int rows() {
            return classes;
        }

        @Override
        public int namesNeeded() {
            return classes;
        }

        @Override
        public boolean isOfWholeInput() {
            return true;
        }

        @Override
        public boolean isOneOfSeveral() {
            return true;
        }

        @Override
        public Optional<String> problemType() {
            return Optional.of("single_label_classification");
        }

        @Override
        public Optional<String> taskType() {
            return Optional.of("SEQ_CLS");
        }

        @Override
        public String toString() {
            return "one of " + classes + " classes" + listed(labels);
        }
    }

    /**
     * Any number of classes at once, each with a probability of its own.
     *
     * @param labels their names, or empty: then those found in the data
     */
    record MultiLabel(List<String> labels) implements Head {
        /** Keeps its own copy. */
        public MultiLabel {
            labels = checked(labels);
        }

        @Override
        public boolean learnsFrom(Label label) {
            return label instanceof Label.Categories;
        }

        @Override
        public String labelAdvice() {
            return "multiLabel(...) of the files' reader, new Label.Categories(Set.of(\"name\"))";
        }

        @Override
        public boolean hasNames() {
            return true;
        }

        @Override
        public Head named(List<String> names) {
            return new MultiLabel(names);
        }

        @Override
        public Optional<String> problemType() {
            return Optional.of("multi_label_classification");
        }

        @Override
        public boolean isOfWholeInput() {
            return true;
        }

        @Override
        public Optional<String> taskType() {
            return Optional.of("SEQ_CLS");
        }

        @Override
        public String toString() {
            return "any of several labels" + listed(labels);
        }
    }

    /**
     * One or several numbers.
     *
     * @param targets how many
     */
    record Regression(int targets) implements Head {
        /** Checks that there is at least one. */
        public Regression {
            if (targets < 1) {
                throw new FinetuneException("A regression head needs at least 1 target, not " + targets + ".");
            }
        }

        @Override
        public boolean learnsFrom(Label label) {
            return label instanceof Label.Values;
        }

        @Override
        public String labelAdvice() {
            return "regression() of the files' reader, Label.of(number)";
        }

        @Override
        public int rows() {
            return targets;
        }

        @Override
        public Optional<String> problemType() {
            return Optional.of("regression");
        }

        @Override
        public boolean isOfWholeInput() {
            return true;
        }

        @Override
        public Optional<String> taskType() {
            return Optional.of("SEQ_CLS");
        }

        @Override
        public String toString() {
            return targets == 1 ? "a number" : targets + " numbers";
        }
    }

    /**
     * One tag a word.
     *
     * @param labels the tags (IOB2: "O", "B-PER", "I-PER" ...), or empty: then those found in the data
     */
    record Tokens(List<String> labels) implements Head {
        /** Keeps its own copy. */
        public Tokens {
            labels = checked(labels);
        }

        @Override
        public boolean learnsFrom(Label label) {
            return label instanceof Label.Tags;
        }

        @Override
        public String labelAdvice() {
            return "TokenFiles' tokenClassification(), new Label.Tags(tags)";
        }

        @Override
        public boolean hasNames() {
            return true;
        }

        @Override
        public Head named(List<String> names) {
            return new Tokens(names);
        }

        @Override
        public boolean isOneOfSeveral() {
            return true;
        }

        @Override
        public Optional<String> taskType() {
            return Optional.of("TOKEN_CLS");
        }

        @Override
        public String toString() {
            return "a tag for each word" + listed(labels);
        }
    }

    /**
     * The span of a passage that answers a question.
     *
     * @param docStride how many tokens two windows of a long passage share; 0 for 128, or a quarter of the maximum
     *     length where that is less
     * @param maxAnswerLength the longest answer that is looked for, in tokens
     */
    record QuestionAnswering(int docStride, int maxAnswerLength) implements Head {
        /** Checks the ranges. */
        public QuestionAnswering {
            if (docStride < 0 || maxAnswerLength < 1) {
                throw new FinetuneException(
                        "Question answering needs a doc stride of at least 0 and a positive answer length, not "
                                + docStride + " and " + maxAnswerLength + ".");
            }
        }

        @Override
        public boolean learnsFrom(Label label) {
            return label instanceof Label.Answers;
        }

        @Override
        public String labelAdvice() {
            return "SquadFiles' questionAnswering(), new Label.Answers(answers)";
        }

        @Override
        public Optional<String> taskType() {
            return Optional.of("QUESTION_ANS");
        }

        @Override
        public String toString() {
            return "the words that answer a question, of at most " + maxAnswerLength + " tokens, in windows that share "
                    + docStride;
        }
    }

    /**
     * The words that were masked: to go on pretraining on a domain's own text.
     *
     * @param probability the share of tokens that is predicted
     * @param wholeWords whether a word is masked whole or not at all
     */
    record MaskedLm(double probability, boolean wholeWords) implements Head {
        /** Checks that the probability is one. */
        public MaskedLm {
            if (!(probability > 0 && probability < 1)) {
                throw new FinetuneException(
                        "The masking probability must lie between 0 and 1, not at " + probability + ".");
            }
        }

        @Override
        public boolean learnsFrom(Label label) {
            return label instanceof Label.None;
        }

        @Override
        public String labelAdvice() {
            return "unlabelled() of the files' reader, Label.none()";
        }

        @Override
        public String toString() {
            return "masked " + (wholeWords ? "words" : "tokens") + ", " + probability + " of all";
        }
    }

    /**
     * The tokens that come next, left to right: language models that go on with what they are given. Learns from inputs alone, all
     * of whose tokens are then predicted, and from inputs with a {@link Label.Completion}, of which the completion's alone are.
     */
    record CausalLm() implements Head {
        @Override
        public boolean learnsFrom(Label label) {
            return label instanceof Label.None || label instanceof Label.Completion;
        }

        @Override
        public String labelAdvice() {
            return "unlabelled() of the files' reader, Label.none(), Label.completion(\"what comes next\")";
        }

        @Override
        public Optional<String> taskType() {
            return Optional.of("CAUSAL_LM");
        }

        @Override
        public String toString() {
            return "the next token";
        }
    }

    /**
     * The text that belongs to another one, such as its summary: an encoder reads the one, a decoder writes the other.
     *
     * @param maxTarget the most tokens of a text that is learned to be written, special tokens included; what is longer is cut
     */
    record Seq2SeqLm(int maxTarget) implements Head {
        /** Checks that there is room for a text. */
        public Seq2SeqLm {
            if (maxTarget < 2) {
                throw new FinetuneException("A text that is to be written has at least 2 tokens, the one that ends it"
                        + " included: maxTarget can't be " + maxTarget + ".");
            }
        }

        /**
         * {@return the same with other bounds of what is to be written}
         *
         * @param tokens the most, special tokens included
         */
        public Seq2SeqLm withMaxTarget(int tokens) {
            return new Seq2SeqLm(tokens);
        }

        @Override
        public boolean learnsFrom(Label label) {
            return label instanceof Label.Completion;
        }

        @Override
        public String labelAdvice() {
            return "Label.completion(\"what is to be written\")";
        }

        @Override
        public Optional<String> taskType() {
            return Optional.of("SEQ_2_SEQ_LM");
        }

        @Override
        public String toString() {
            return "a text for a text, of at most " + maxTarget + " tokens";
        }
    }

    /**
     * No task: one vector an input, for an index or a classifier of the user's own.
     *
     * @param by how an input's token vectors become one
     */
    record Features(Pooling by) implements Head {
        /** Checks that there is one. */
        public Features {
            Objects.requireNonNull(by, "by");
        }

        @Override
        public Optional<Pooling> pooling() {
            return Optional.of(by);
        }

        @Override
        public boolean learnsFrom(Label label) {
            return false;
        }

        @Override
        public String labelAdvice() {
            return "";
        }

        @Override
        public Optional<String> taskType() {
            return Optional.of("FEATURE_EXTRACTION");
        }

        @Override
        public String toString() {
            return "vectors, pooled by " + by;
        }
    }

    private static String listed(List<String> labels) {
        return labels.isEmpty() ? "" : ": " + String.join(", ", labels);
    }

    private static List<String> checked(List<String> labels) {
        final List<String> names = Arguments.copy(labels, "labels");
        if (names.stream().distinct().count() != names.size()) {
            throw new FinetuneException("Labels must differ from each other: " + names);
        }
        names.forEach(Head::checkWritable);
        return names;
    }

    /** One half of a surrogate pair is no character: no file in UTF-8 can hold it. */
    private static void checkWritable(String name) {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
            final String shown = name.codePoints()
                    .mapToObj(each -> Character.getType(each) == Character.SURROGATE
                            ? String.format("\\u%04x", each)
                            : Character.toString(each))
                    .collect(Collectors.joining());
            throw new FinetuneException(
                    "The label \"" + shown + "\" holds one half of a surrogate pair without the other,"
                            + " which is no character, so that it can't be saved: correct it in the data.");
        }
    }
}
