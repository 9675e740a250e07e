package dev.finetune.examples;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Text;
import dev.finetune.examples.drawing.GardenPictures;
import dev.finetune.head.Heads;
import dev.finetune.vision.Image;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A tiny model and tiny files, under the names that the documents' snippets use. */
final class StandIns {
    private static final List<String> GOOD = List.of("great", "good", "lovely", "perfect");
    private static final List<String> BAD = List.of("awful", "bad", "broken", "useless");
    private static final List<String> THINGS = List.of("lamp", "phone", "chair", "book", "cup", "bag", "pen");
    private static final List<String> NAMES = List.of("anna", "ben", "carla", "dan");
    private static final List<String> TOWNS = List.of("rome", "oslo", "lima", "bern", "cairo");

    private StandIns() {}

    /** The directory of the model that stands in for every pretrained one. */
    static Path base(Path folder) {
        return folder.resolve("base");
    }

    /** Makes the models and the files. */
    static void fill(Path folder) throws IOException {
        models(folder);
        imageModel(folder);
        GardenPictures.write(folder.resolve("photos"), 1, 6);
        reviews(folder.resolve("reviews.tsv"), 0, 40);
        reviews(folder.resolve("train.tsv"), 0, 40);
        reviews(folder.resolve("validation.tsv"), 40, 12);
        files(folder);
        sentences(folder.resolve("train.conll"));
        questions(folder.resolve("train.json"));
    }

    /** The first layers, twelve as in BERT-base, of a BERT that is 16 wide and knows nothing. */
    private static void models(Path folder) throws IOException {
        final Path bare = Files.createDirectories(folder.resolve("bare"));
        final List<String> vocabulary = new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"));
        for (char letter = 'a'; letter <= 'z'; letter++) {
            vocabulary.add(String.valueOf(letter));
            vocabulary.add("##" + letter);
        }
        for (List<String> words : List.of(GOOD, BAD, THINGS, NAMES, TOWNS, List.of("the", "is", "in", "lives", "."))) {
            vocabulary.addAll(words);
        }
        Files.write(bare.resolve("vocab.txt"), vocabulary);
        Files.writeString(bare.resolve("config.json"), """
                {"model_type": "bert", "architectures": ["BertForMaskedLM"], "vocab_size": %d, "hidden_size": 16,
                 "num_hidden_layers": 12, "num_attention_heads": 2, "intermediate_size": 32,
                 "max_position_embeddings": 512}
                """.formatted(vocabulary.size()));
        final FineTuner tuner = FineTuner.from(bare).randomWeights();
        try (FineTuned<Text> base = tuner.head(Heads.maskedLm()).untrained(Text.class);
                FineTuned<Text> mine = tuner.head("negative", "positive").untrained(Text.class)) {
            base.save(base(folder));
            mine.save(folder.resolve("my-model"));
        }
    }

    /** The directory of the model that stands in for every pretrained one that reads pictures. */
    static Path imageBase(Path folder) {
        return folder.resolve("image-base");
    }

    /** A residual network of four stages, 8 to 16 wide, that knows nothing. */
    private static void imageModel(Path folder) throws IOException {
        final Path bare = Files.createDirectories(folder.resolve("bare-images"));
        Files.writeString(bare.resolve("config.json"), """
                {"model_type": "resnet", "architectures": ["ResNetForImageClassification"], "layer_type": "basic",
                 "embedding_size": 8, "hidden_sizes": [8, 8, 16, 16], "depths": [1, 1, 1, 1]}
                """);
        try (FineTuned<Image> base =
                FineTuner.from(bare).randomWeights().head("cat", "dog").untrained(Image.class)) {
            base.save(imageBase(folder));
        }
    }

    private static void reviews(Path file, int from, int rows) throws IOException {
        final List<String> lines = new ArrayList<>(List.of("text\tlabel"));
        for (int i = from; i < from + rows; i++) {
            lines.add(review(i) + "\t" + (i % 2 == 0 ? "positive" : "negative"));
        }
        Files.write(file, lines);
    }

    /** Differs from every other, and is good if its number is even. */
    private static String review(int i) {
        final List<String> words = i % 2 == 0 ? GOOD : BAD;
        return "the " + THINGS.get(i % 7) + " is " + words.get(i / 2 % 4) + " " + "no".repeat(i / 28) + " " + i;
    }

    private static void files(Path folder) throws IOException {
        final List<String> pairs = new ArrayList<>(List.of("premise,hypothesis,relation"));
        final List<String> topics = new ArrayList<>();
        final List<String> ratings = new ArrayList<>(List.of("review,stars"));
        final List<String> tickets = new ArrayList<>(List.of("text"));
        final List<String> export = new ArrayList<>(List.of("comment;verdict"));
        final List<String> bare = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            pairs.add("\"" + review(i) + ", yes\"," + review(i + 1) + ","
                    + List.of("yes", "no", "maybe").get(i % 3));
            topics.add("{\"text\": \"" + review(i) + "\", \"labels\": "
                    + List.of("[]", "[\"sport\"]", "[\"sport\", \"money\"]").get(i % 3) + "}");
            ratings.add(review(i) + "," + (i % 5 / 4.0));
            tickets.add(review(i));
            export.add("caf\u00e9 " + i + ";" + (i % 2));
            bare.add((i % 2) + "\t" + review(i));
        }
        export.add("one;column;too many");
        Files.write(folder.resolve("pairs.csv"), pairs);
        Files.write(folder.resolve("topics.jsonl"), topics);
        Files.write(folder.resolve("ratings.csv"), ratings);
        Files.write(folder.resolve("tickets.tsv"), tickets);
        Files.write(folder.resolve("export.csv"), export, StandardCharsets.ISO_8859_1);
        Files.write(folder.resolve("bare.tsv"), bare);
    }

    private static void sentences(Path file) throws IOException {
        final StringBuilder conll = new StringBuilder();
        for (String name : NAMES) {
            for (String town : TOWNS) {
                conll.append(name)
                        .append("\tB-PER\nlives\tO\nin\tO\n")
                        .append(town)
                        .append("\tB-LOC\n\n");
            }
        }
        Files.writeString(file, conll);
    }

    private static void questions(Path file) throws IOException {
        final List<String> paragraphs = new ArrayList<>();
        for (String name : NAMES) {
            for (String town : TOWNS) {
                final String context = name + " lives in " + town + " .";
                paragraphs.add("""
                        {"context": "%s", "qas": [{"id": "%s", "question": "where is %s",
                         "answers": [{"text": "%s", "answer_start": %d}]}]}
                        """.formatted(context, name + town, name, town, context.indexOf(town)));
            }
        }
        Files.writeString(
                file,
                "{\"version\": \"1.1\", \"data\": [{\"title\": \"t\", \"paragraphs\": [" + String.join(",", paragraphs)
                        + "]}]}");
    }
}
