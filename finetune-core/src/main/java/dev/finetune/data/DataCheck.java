package dev.finetune.data;

import dev.finetune.error.FinetuneException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Looks at data before a model is trained on it, and says what will hurt: quickly, as every fit does by itself, or
 * thoroughly.
 *
 * <pre>{@code
 * List<Finding> findings = DataCheck.check(split.train(), split.validation());
 * findings.forEach(finding -> System.out.println(finding.message()));
 *
 * DataReport report = DataCheck.of(split.train(), split.validation()).report();
 * System.out.println(report);
 * }</pre>
 *
 * <p>{@link #check(Dataset, Dataset) check} works for every kind of input with {@code equals} and {@code hashCode}. It reads
 * each data set twice at most, so streamed ones, too; keeps a number for each row and only those inputs that seem to occur
 * more than once, which are compared exactly.
 *
 * <p>{@link #report} finds the same and, in what is made of text (pairs, sentences of words and questions, too), rows that
 * are nearly the same, odd lengths, broken characters, left-over markup, mixed normal forms and other languages; in numbers
 * to learn those that are none or far off; and in data of one class a row labels that are probably wrong. Of a question
 * near-duplicates are looked for among those of the same passage. What isn't made of text (pictures) is checked for what
 * {@code equals} tells to be the same, for classes, and, given vectors, for labels. Equal data has an equal report.
 *
 * <p>A check never changes: each setting gives a new one.
 *
 * @param <I> the kind of input
 */
public final class DataCheck<I> {
    static final String TRAIN = "train";
    static final String VALIDATION = "validation";

    private final Dataset<I> train;
    private final @Nullable Dataset<I> validation;
    private final @Nullable Function<List<I>, List<float[]>> vectors;
    private final @Nullable TokenReader<I> tokens;

    private DataCheck(
            Dataset<I> train,
            @Nullable Dataset<I> validation,
            @Nullable Function<List<I>, List<float[]>> vectors,
            @Nullable TokenReader<I> tokens) {
        this.tokens = tokens;
        this.train = train;
        this.validation = validation;
        this.vectors = vectors;
    }

    /**
     * {@return what will hurt in data that is trained on}
     *
     * @param <I> the kind of input
     * @param train labelled examples, in memory or streamed
     */
    public static <I> List<Finding> check(Dataset<I> train) {
        Objects.requireNonNull(train, "train");
        return EverydayCheck.of(train).stream().map(DataReportText::finding).toList();
    }

    /**
     * {@return what will hurt in data that is trained on and data that is validated with; errors come first}
     *
     * @param <I> the kind of input
     * @param train labelled examples to learn from
     * @param validation labelled examples to evaluate on
     */
    public static <I> List<Finding> check(Dataset<I> train, Dataset<I> validation) {
        Objects.requireNonNull(train, "train");
        Objects.requireNonNull(validation, "validation");
        return EverydayCheck.of(train, validation).stream()
                .map(DataReportText::finding)
                .toList();
    }

    /**
     * {@return a thorough check of data that is trained on}
     *
     * @param <I> the kind of input
     * @param train labelled examples
     */
    public static <I> DataCheck<I> of(Dataset<I> train) {
        return new DataCheck<>(Objects.requireNonNull(train, "train"), null, null, null);
    }

    /**
     * {@return a thorough check of data that is trained on and data that is validated with}
     *
     * @param <I> the kind of input
     * @param train labelled examples to learn from
     * @param validation labelled examples to evaluate on
     */
    public static <I> DataCheck<I> of(Dataset<I> train, Dataset<I> validation) {
        return new DataCheck<>(
                Objects.requireNonNull(train, "train"), Objects.requireNonNull(validation, "validation"), null, null);
    }

    /**
     * {@return the same check, that looks for wrong labels by vectors of a pretrained network, which tells more than words
     * do} The vectors of a model that was trained on these rows, right and wrong ones, tell less: it has learned their
     * labels.
     *
     * @param embedder gives a vector for each input, of one width: {@code tuned::vectors}, or what an {@code Embedder} gives
     */
    public DataCheck<I> embeddedBy(Function<List<I>, List<float[]>> embedder) {
        return new DataCheck<>(train, validation, Objects.requireNonNull(embedder, "embedder"), tokens);
    }

    /**
     * {@return the same check, that also counts tokens as a model reads them: how many the examples have, which are cut off, and of
     * which nothing is left to learn} {@link dev.finetune.FineTuner#check(Dataset, Dataset)} checks so with the model of a tuner.
     *
     * @param reader says how the model reads an example
     */
    public DataCheck<I> tokenizedBy(TokenReader<I> reader) {
        return new DataCheck<>(train, validation, vectors, Objects.requireNonNull(reader, "reader"));
    }

    /**
     * {@return all that was found} Data in memory is read a few times. If a part is streamed, each is read once and takes
     * the same memory for any number of rows: then only what a single row shows is looked for, and classes;
     * {@link DataReport#leftOut} says so.
     *
     * <p>What counts, and how it is told:
     *
     * <ul>
     *   <li>nearly the same: four-character shingles of a Jaccard similarity of 0.75 at least, without regard to capitals
     *       and punctuation; candidates by MinHash, of which one pair in a thousand is missed at 0.75, and one in ten
     *       thousand at 0.8; each compared exactly;
     *   <li>odd lengths: one character, or a modified z-score (Iglewicz and Hoaglin, 1993) of the logarithm of the length
     *       beyond 5;
     *   <li>odd numbers: no number, or a modified z-score beyond 8;
     *   <li>labels that are probably wrong: confident learning (Northcutt, Jiang and Chuang, 2021) over the probabilities of
     *       a linear classifier of words and their parts, or of vectors, five folds, each row by a classifier that hasn't
     *       seen it; only if this is right more often than always saying the most frequent class, beyond chance;
     *   <li>other languages: by script, by the function words of 21 languages, and by how surprising the letters are after
     *       those of the other rows; a language of a twentieth of the rows is the data's own.
     * </ul>
     *
     * @throws FinetuneException if labels are of different kinds, or an embedder gives other than a vector for each input
     */
    public DataReport report() {
        return new ThoroughCheck<>(
                        train,
                        Optional.ofNullable(validation),
                        Optional.ofNullable(vectors),
                        Optional.ofNullable(tokens))
                .report();
    }
}
