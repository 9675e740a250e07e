package dev.finetune.examples;

import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.LabelSet;
import dev.finetune.data.Split;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.vision.Image;
import dev.finetune.vision.ImageFiles;
import dev.finetune.vision.ImageFolder;
import dev.finetune.vision.OnBroken;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say which pictures to read, and the reading. */
public final class ImageData {
    private static final List<String> TASKS = List.of("classification", "multi-label", "regression");
    private static final double HELD_BACK = 0.1;

    @Option(
            names = "--train",
            required = true,
            description = "A folder with a folder per class, a folder that holds such folders (train, val), or a table"
                    + " (.csv, .tsv, .jsonl) of paths and labels.")
    private Path train = Path.of("");

    @Option(
            names = "--eval",
            description =
                    "As --train, or the share of the training pictures that is held back, such as 0.2. Without it,"
                            + " the folder val beside train, or a stratified tenth.")
    private String evaluation = "";

    @Option(names = "--task", description = "classification, multi-label or regression.")
    private String task = "classification";

    @Option(
            names = "--limit",
            description = "Use only so many of the training pictures, taken evenly from all; 0 for all.")
    private long limit;

    @Option(names = "--path-column", description = "Header name or zero-based number of the paths' column.")
    private String pathColumn = "";

    @Mixin
    private TableOptions table = new TableOptions();

    /** What was read. */
    public record Parts(Dataset<Image> train, Dataset<Image> evaluation, Head head) {}

    /**
     * Reads the folders or tables.
     *
     * @param seed of what is held back, where no evaluation pictures are named
     */
    public Parts read(long seed) {
        if (!TASKS.contains(task)) {
            throw new WrongUsage("--task " + task + ": there are " + TASKS + ".");
        }
        final Split<Image> split = split(seed);
        final Dataset<Image> some = limited(split.train());
        final List<String> labels = task.equals("regression")
                ? List.of()
                : LabelSet.discover(some.concat(split.validation())).names();
        return switch (task) {
            case "multi-label" -> new Parts(some, split.validation(), Heads.multiLabel(labels.toArray(new String[0])));
            case "regression" -> new Parts(some, split.validation(), Heads.regression());
            default -> new Parts(some, split.validation(), Reading.classes(labels));
        };
    }

    private Split<Image> split(long seed) {
        if (evaluation.matches("0?\\.\\d+")) {
            return checked(all(train)).split(Double.parseDouble(evaluation), seed);
        }
        if (!evaluation.isEmpty()) {
            return Split.of(checked(all(train)), checked(all(Path.of(evaluation))));
        }
        if (Files.isDirectory(train.resolve("train"))) {
            final Split<Image> parts = ImageFolder.splits(train);
            return Split.of(checked(parts.train()), checked(parts.validation()));
        }
        return checked(all(train)).split(HELD_BACK, seed);
    }

    private Dataset<Image> checked(Dataset<Image> pictures) {
        return table.skipBadRows() ? ImageFolder.verified(pictures, OnBroken.SKIP) : pictures;
    }

    private Dataset<Image> all(Path path) {
        if (!Files.isRegularFile(path)) {
            if (!task.equals("classification")) {
                throw new WrongUsage(
                        "--task " + task + " needs a table of paths and labels, but " + path + " is not a file.");
            }
            return ImageFolder.of(path);
        }
        final ImageFiles files = files(path);
        return switch (task) {
            case "multi-label" -> files.multiLabel(table.separator());
            case "regression" -> files.regression();
            default -> files.classification();
        };
    }

    private ImageFiles files(Path path) {
        final ImageFiles files = table.pictures(path);
        return pathColumn.isEmpty() ? files : TableOptions.column(pathColumn, files::path, files::path);
    }

    /** Pictures come class by class, so the first ones would all be of one class. */
    private Dataset<Image> limited(Dataset<Image> pictures) {
        if (limit < 0) {
            throw new WrongUsage("--limit " + limit + ": there are 0, for all, and numbers of rows.");
        }
        final List<Example<Image>> all = pictures.asList();
        if (limit <= 0 || limit >= all.size()) {
            return pictures;
        }
        return Dataset.of(
                        Image.class,
                        LongStream.range(0, limit)
                                .mapToObj(i -> all.get(Math.toIntExact(i * all.size() / limit)))
                                .toList())
                .describedAs(pictures.describe() + ", " + limit + " taken evenly");
    }
}
