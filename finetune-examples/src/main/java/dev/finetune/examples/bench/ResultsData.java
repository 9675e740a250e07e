package dev.finetune.examples.bench;

import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.data.TextFiles;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/** The public sets as their authors publish them, and files of some rows of them, which both sides read. */
final class ResultsData {
    /** So that the rows are the same for all sides and seeds. */
    private static final int DRAW = 0;

    private final Path data;
    private final Path work;

    /**
     * Sets in folders.
     *
     * @param data with a folder for each set: banking77, cola, sst2, wnut17
     * @param work where files are written
     */
    ResultsData(Path data, Path work) {
        this.data = data;
        this.work = work;
    }

    /** The file of some rows to learn from. */
    Path train(ResultsRow row, int rows, long seed) throws IOException {
        return switch (row.set()) {
            case "wnut17" -> sentences("wnut17train.conll", rows);
            default -> {
                final List<Example<Text>> all = texts(row.set(), true);
                yield row.shots() > 0
                        ? write(row.set() + "-" + row.shots() + "-" + seed, few(all, row.shots(), seed))
                        : write(row.set() + "-train", drawn(all, rows));
            }
        };
    }

    /** The file of some rows to evaluate on. */
    Path evaluation(ResultsRow row, int rows) throws IOException {
        return row.set().equals("wnut17")
                ? sentences("emerging.dev.conll", rows)
                : write(row.set() + "-eval", drawn(texts(row.set(), false), rows));
    }

    private List<Example<Text>> texts(String set, boolean train) {
        final Path folder = data.resolve(set);
        return switch (set) {
            case "banking77" ->
                TextFiles.csv(folder.resolve(train ? "train.csv" : "test.csv"))
                        .label("category")
                        .classification()
                        .asList();
            case "cola" ->
                train
                        ? cola(folder.resolve("in_domain_train.tsv")).asList()
                        : cola(folder.resolve("in_domain_dev.tsv"))
                                .concat(cola(folder.resolve("out_of_domain_dev.tsv")))
                                .asList();
            case "sst2" ->
                TextFiles.tsv(folder.resolve(train ? "train.tsv" : "dev.tsv"))
                        .classification()
                        .asList();
            default -> throw new IllegalArgumentException(set);
        };
    }

    private static Dataset<Text> cola(Path file) {
        return TextFiles.tsv(file).noHeader().text(3).label(1).classification();
    }

    private static <T> List<T> drawn(List<T> all, int rows) {
        final List<T> shuffled = new ArrayList<>(all);
        Collections.shuffle(shuffled, new Random(DRAW));
        return rows > 0 ? shuffled.subList(0, Math.min(rows, shuffled.size())) : shuffled;
    }

    private static List<Example<Text>> few(List<Example<Text>> all, int shots, long seed) {
        final List<Example<Text>> shuffled = new ArrayList<>(all);
        Collections.shuffle(shuffled, new Random(seed));
        final Map<Label, Integer> counts = new HashMap<>();
        return shuffled.stream()
                .filter(example -> counts.merge(example.label(), 1, Integer::sum) <= shots)
                .toList();
    }

    private Path write(String name, List<Example<Text>> examples) throws IOException {
        final List<String> lines = new ArrayList<>(List.of("text\tlabel"));
        for (Example<Text> example : examples) {
            final String label = ((Label.Category) example.label()).name();
            lines.add(example.input().text().replaceAll("\\s", " ") + "\t" + label);
        }
        return Files.write(work.resolve(name + ".tsv"), lines);
    }

    /** Sentences of a file with a word and its tag a line, blocks apart. */
    private Path sentences(String name, int rows) throws IOException {
        final Path file = data.resolve("wnut17").resolve(name);
        if (!Files.isRegularFile(file)) {
            throw new FinetuneException("--data " + data + ": there is no file wnut17/" + name + ".");
        }
        final List<String> blocks = Stream.of(Files.readString(file).split("\\R[\\t ]*\\R"))
                .map(String::strip)
                .filter(block -> !block.isEmpty())
                .toList();
        return Files.writeString(work.resolve(name), String.join("\n\n", drawn(blocks, rows)) + "\n");
    }
}
