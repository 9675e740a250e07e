package dev.finetune.examples;

import dev.finetune.data.Dataset;
import dev.finetune.data.LabelSet;
import dev.finetune.head.Head;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say what to read, and the reading. */
public final class TextData {
    @Option(
            names = "--train",
            required = true,
            description =
                    "Training file (.tsv, .csv, .jsonl, also .gz; CoNLL for tokens, SQuAD JSON for question-answering).")
    private Path train = Path.of("");

    @Option(
            names = "--eval",
            description = "Evaluation file; without one a stratified tenth of the training data is held back.")
    private @Nullable Path evaluation;

    @Option(
            names = "--task",
            description = "classification, multi-label, regression, tokens, question-answering or masked-lm.")
    private String task = "classification";

    @Option(names = "--limit", description = "Use only the first rows of the training file; 0 for all.")
    private long limit;

    @Mixin
    private Reading reading = new Reading();

    /** What was read. */
    public record Parts<I>(Dataset<I> train, Dataset<I> evaluation, Head head) {}

    /**
     * Reads the files.
     *
     * @param seed of what is held back, where there is no evaluation file
     */
    public Parts<?> read(long seed) {
        return parts(seed, reading.read(task, train), evaluation == null ? null : reading.read(task, evaluation));
    }

    @SuppressWarnings("unchecked") // Both were read for the same task.
    private <I> Parts<I> parts(long seed, Dataset<I> all, @Nullable Dataset<?> evaluated) {
        if (limit < 0) {
            throw new WrongUsage("--limit " + limit + ": there are 0, for all, and numbers of rows.");
        }
        final Dataset<I> held = (Dataset<I>) evaluated;
        final Dataset<I> limited = limit > 0 ? all.limit(limit) : all;
        final boolean labelled = task.equals("classification") || task.equals("multi-label") || task.equals("tokens");
        final List<String> labels = labelled
                ? LabelSet.discover(held == null ? limited : limited.concat(held))
                        .names()
                : List.of();
        final Head head = TextCommand.headFor(task, labels);
        if (held != null) {
            return new Parts<>(limited, held, head);
        }
        final var split = limited.split(0.1, seed);
        return new Parts<>(split.train(), split.validation(), head);
    }
}
