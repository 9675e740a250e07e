package dev.finetune.examples.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
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
     * @param data with a folder for each set: banking77, cola, sst2, wnut17, xquad
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
            case "xquad" -> questions(false, rows);
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
        return switch (row.set()) {
            case "wnut17" -> sentences("emerging.dev.conll", rows);
            case "xquad" -> questions(true, rows);
            default -> write(row.set() + "-eval", drawn(texts(row.set(), false), rows));
        };
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

    /** The first questions of the first half of the articles, or of the second, on which nothing was learned. */
    private Path questions(boolean second, int rows) throws IOException {
        final Path file = existing("xquad", "xquad.en.json");
        final JsonArray all =
                JsonParser.parseString(Files.readString(file)).getAsJsonObject().getAsJsonArray("data");
        final JsonArray half = new JsonArray();
        int asked = 0;
        for (int i = second ? all.size() / 2 : 0; i < (second ? all.size() : all.size() / 2); i++) {
            for (JsonElement passage : all.get(i).getAsJsonObject().getAsJsonArray("paragraphs")) {
                final JsonArray questions = passage.getAsJsonObject().getAsJsonArray("qas");
                while (rows > 0 && asked + questions.size() > rows) {
                    questions.remove(questions.size() - 1);
                }
                asked += questions.size();
            }
            half.add(all.get(i));
        }
        final JsonObject json = new JsonObject();
        json.add("data", half);
        return Files.writeString(work.resolve("xquad-" + (second ? "eval" : "train") + ".json"), json.toString());
    }

    private Path existing(String set, String name) {
        final Path file = data.resolve(set).resolve(name);
        if (!Files.isRegularFile(file)) {
            throw new FinetuneException("--data " + data + ": there is no file " + set + "/" + name + ".");
        }
        return file;
    }

    /** Sentences of a file with a word and its tag a line, blocks apart. */
    private Path sentences(String name, int rows) throws IOException {
        final List<String> blocks = Stream.of(
                        Files.readString(existing("wnut17", name)).split("\\R[\\t ]*\\R"))
                .map(String::strip)
                .filter(block -> !block.isEmpty())
                .toList();
        return Files.writeString(work.resolve(name), String.join("\n\n", drawn(blocks, rows)) + "\n");
    }
}
