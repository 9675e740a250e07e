package dev.finetune.examples;

import dev.finetune.data.Dataset;
import dev.finetune.data.Question;
import dev.finetune.data.SquadFiles;
import dev.finetune.data.TextFiles;
import dev.finetune.data.TokenFiles;
import dev.finetune.data.Words;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.vision.Image;
import dev.finetune.vision.ImageFiles;
import dev.finetune.vision.ImageFolder;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say how files are read, and the reading. */
final class Reading {
    static final List<String> TASKS =
            List.of("classification", "multi-label", "regression", "tokens", "question-answering", "masked-lm");

    @Option(names = "--text-column", description = "Header name or zero-based number of the text's column.")
    private String textColumn = "";

    @Option(names = "--pair-column", description = "Header name or zero-based number of the second text's column.")
    private String pairColumn = "";

    @Mixin
    private TableOptions table = new TableOptions();

    /** Whether a column was named, so that the files are tables. */
    boolean namesColumns() {
        return !textColumn.isEmpty() || !pairColumn.isEmpty() || table.namesLabel();
    }

    /** The files' encoding. */
    Charset charset() {
        return table.charset();
    }

    /** The labelled examples of a file, as a task wants them. */
    Dataset<?> read(String task, Path path) {
        return switch (task) {
            case "tokens" -> TokenFiles.conll(path).tokenClassification();
            case "question-answering" -> SquadFiles.json(path).questionAnswering();
            case "masked-lm" -> files(path).unlabelled();
            case "regression" -> files(path).regression();
            case "multi-label" -> files(path).multiLabel(table.separator());
            case "classification" -> files(path).classification();
            default -> throw new WrongUsage("--task " + task + ": there are " + TASKS + ".");
        };
    }

    /** A table of texts, be they labelled or not. */
    TextFiles files(Path path) {
        TextFiles files = table.texts(path);
        files = textColumn.isEmpty() ? files : TableOptions.column(textColumn, files::text, files::text);
        return pairColumn.isEmpty() ? files : TableOptions.column(pairColumn, files::pair, files::pair);
    }

    /** Texts, words or questions without their labels, as a model reads them. */
    Dataset<?> unlabelled(Class<?> type, Path path) {
        if (type == Words.class) {
            return TableOptions.name(path).endsWith(".jsonl")
                    ? TokenFiles.jsonLines(path).unlabelled()
                    : TokenFiles.conll(path).unlabelled();
        }
        return type == Question.class
                ? SquadFiles.json(path).unlabelled()
                : files(path).unlabelled();
    }

    /** A table of pictures' paths; the text's column is the path's. */
    ImageFiles pictures(Path path) {
        final ImageFiles files = table.pictures(path);
        return textColumn.isEmpty() ? files : TableOptions.column(textColumn, files::path, files::path);
    }

    /** Labelled pictures of a folder with a folder for each class, or of a table. */
    Dataset<Image> labelledPictures(String task, Path path) {
        if (Files.isDirectory(path)) {
            return ImageFolder.of(path);
        }
        return switch (task) {
            case "multi-label" -> pictures(path).multiLabel(table.separator());
            case "regression" -> pictures(path).regression();
            default -> pictures(path).classification();
        };
    }

    /** A head for the classes that the data has. */
    static Head classes(List<String> labels) {
        if (labels.size() == 1) {
            throw new FinetuneException(
                    "All labels are \"" + labels.get(0) + "\": there is nothing to tell apart. Was the"
                            + " right column read (--label-column), or only the start of a sorted file (--limit)?");
        }
        return Heads.classes(labels.toArray(new String[0]));
    }

    /** The task that a head is for. */
    static String task(Head head) {
        if (head instanceof Head.MultiLabel) {
            return "multi-label";
        }
        if (head instanceof Head.Regression) {
            return "regression";
        }
        if (head instanceof Head.Tokens) {
            return "tokens";
        }
        if (head instanceof Head.QuestionAnswering) {
            return "question-answering";
        }
        if (head instanceof Head.MaskedLm) {
            return "masked-lm";
        }
        if (head instanceof Head.Classification) {
            return "classification";
        }
        if (head instanceof Head.CausalLm || head instanceof Head.Seq2SeqLm) {
            throw new FinetuneException(
                    "A language model is evaluated by the command lm, with --eval, while it learns; in"
                            + " Java by tuned.evaluate(...).");
        }
        throw new FinetuneException("This model gives " + head + ", of which there is nothing to evaluate.");
    }
}
