package dev.finetune.examples;

import dev.finetune.FinetuneException;
import dev.finetune.Head;
import dev.finetune.data.Dataset;
import dev.finetune.data.LabelSet;
import dev.finetune.data.SquadFiles;
import dev.finetune.data.TextFiles;
import dev.finetune.data.TokenFiles;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say what to read, and the reading. */
public final class TextData {
    static final List<String> TASKS =
            List.of("classification", "multi-label", "regression", "tokens", "question-answering", "masked-lm");

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

    @Option(names = "--text-column", description = "Header name or zero-based number of the text's column.")
    private String textColumn = "";

    @Option(names = "--pair-column", description = "Header name or zero-based number of the second text's column.")
    private String pairColumn = "";

    @Option(names = "--label-column", description = "Header name or zero-based number of the label's column.")
    private String labelColumn = "";

    @Option(names = "--no-header", description = "The files have no header line.")
    private boolean noHeader;

    @Option(names = "--separator", description = "Between the labels of a multi-label row.")
    private String separator = ",";

    @Option(names = "--skip-bad-rows", description = "Skip rows that can't be read, and count them.")
    private boolean skipBadRows;

    /**
     * What was read.
     *
     * @param metric the metric to show
     */
    public record Parts<I>(Dataset<I> train, Dataset<I> evaluation, Head head, String metric) {}

    /**
     * Reads the files.
     *
     * @param seed of what is held back, where there is no evaluation file
     */
    public Parts<?> read(long seed) {
        return switch (task) {
            case "tokens" -> parts(seed, tokens(train), evaluation == null ? null : tokens(evaluation), "f1");
            case "question-answering" -> parts(seed, squad(train), evaluation == null ? null : squad(evaluation), "f1");
            case "masked-lm" ->
                parts(
                        seed,
                        files(train).unlabelled(),
                        evaluation == null ? null : files(evaluation).unlabelled(),
                        "perplexity");
            case "regression" ->
                parts(
                        seed,
                        files(train).regression(),
                        evaluation == null ? null : files(evaluation).regression(),
                        "pearson");
            case "multi-label" ->
                parts(
                        seed,
                        files(train).multiLabel(separator),
                        evaluation == null ? null : files(evaluation).multiLabel(separator),
                        "f1_micro");
            case "classification" ->
                parts(
                        seed,
                        files(train).classification(),
                        evaluation == null ? null : files(evaluation).classification(),
                        "accuracy");
            default -> throw new FinetuneException("--task " + task + ": there are " + TASKS + ".");
        };
    }

    private <I> Parts<I> parts(long seed, Dataset<I> all, @Nullable Dataset<I> held, String metric) {
        if (limit < 0) {
            throw new FinetuneException("--limit " + limit + ": there are 0, for all, and numbers of rows.");
        }
        final Dataset<I> limited = limit > 0 ? all.limit(limit) : all;
        final boolean labelled = task.equals("classification") || task.equals("multi-label") || task.equals("tokens");
        final List<String> labels = labelled
                ? LabelSet.discover(held == null ? limited : limited.concat(held))
                        .names()
                : List.of();
        final Head head = TextCommand.headFor(task, labels);
        if (held != null) {
            return new Parts<>(limited, held, head, metric);
        }
        final var split = limited.split(0.1, seed);
        return new Parts<>(split.train(), split.validation(), head, metric);
    }

    private TextFiles files(Path path) {
        TextFiles files = TextFiles.of(path);
        files = noHeader ? files.noHeader() : files;
        files = textColumn.isEmpty() ? files : column(textColumn, files::text, files::text);
        files = pairColumn.isEmpty() ? files : column(pairColumn, files::pair, files::pair);
        files = labelColumn.isEmpty() ? files : column(labelColumn, files::label, files::label);
        return skipBadRows ? files.skipBadRows() : files;
    }

    private static TextFiles column(
            String said,
            java.util.function.Function<String, TextFiles> byName,
            java.util.function.IntFunction<TextFiles> byNumber) {
        return said.matches("\\d+") ? byNumber.apply(Integer.parseInt(said)) : byName.apply(said);
    }

    private static Dataset<dev.finetune.data.Words> tokens(Path path) {
        return TokenFiles.conll(path).tokenClassification();
    }

    private static Dataset<dev.finetune.data.Question> squad(Path path) {
        return SquadFiles.json(path).questionAnswering();
    }
}
