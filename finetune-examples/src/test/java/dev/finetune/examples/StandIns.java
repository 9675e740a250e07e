package dev.finetune.examples;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Text;
import dev.finetune.examples.drawing.GardenPictures;
import dev.finetune.testkit.TinyData;
import dev.finetune.testkit.TinyModels;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A tiny model and tiny files, under the names that the documents' snippets use. */
final class StandIns {
    private StandIns() {}

    /** The directory of the model that stands in for every pretrained one. */
    static Path base(Path folder) {
        return folder.resolve("base");
    }

    /** Makes the models and the files. */
    static void fill(Path folder) throws IOException {
        TinyModels.bert(base(folder));
        TinyModels.resnet(imageBase(folder));
        TinyModels.gpt2(lmBase(folder));
        try (FineTuned<Text> mine =
                FineTuner.from(base(folder)).head("negative", "positive").untrained(Text.class)) {
            mine.save(folder.resolve("my-model"));
        }
        GardenPictures.write(folder.resolve("photos"), 1, 6);
        TinyData.reviews(folder.resolve("reviews.tsv"));
        TinyData.reviews(folder.resolve("train.tsv"));
        TinyData.reviews(folder.resolve("validation.tsv"), 40, 12);
        files(folder);
        TinyData.sentences(folder.resolve("train.conll"));
        TinyData.questions(folder.resolve("train.json"));
    }

    /** The directory of the model that stands in for every pretrained one that reads pictures. */
    static Path imageBase(Path folder) {
        return folder.resolve("image-base");
    }

    /** The directory of the model that stands in for every pretrained one that writes. */
    static Path lmBase(Path folder) {
        return folder.resolve("lm-base");
    }

    private static void files(Path folder) throws IOException {
        final List<String> pairs = new ArrayList<>(List.of("premise,hypothesis,relation"));
        final List<String> topics = new ArrayList<>();
        final List<String> ratings = new ArrayList<>(List.of("review,stars"));
        final List<String> tickets = new ArrayList<>(List.of("text"));
        final List<String> export = new ArrayList<>(List.of("comment;verdict"));
        final List<String> bare = new ArrayList<>();
        final List<String> conversations = new ArrayList<>();
        final List<String> ranked = new ArrayList<>();
        final List<String> completions = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            pairs.add("\"" + TinyData.review(i) + ", yes\"," + TinyData.review(i + 1) + ","
                    + List.of("yes", "no", "maybe").get(i % 3));
            topics.add("{\"text\": \"" + TinyData.review(i) + "\", \"labels\": "
                    + List.of("[]", "[\"sport\"]", "[\"sport\", \"money\"]").get(i % 3) + "}");
            ratings.add(TinyData.review(i) + "," + (i % 5 / 4.0));
            tickets.add(TinyData.review(i));
            export.add("caf\u00e9 " + i + ";" + (i % 2));
            conversations.add("{\"messages\": [{\"role\": \"user\", \"content\": \"" + TinyData.review(i)
                    + "\"}, {\"role\": \"assistant\", \"content\": \"Thanks.\"}]}");
            ranked.add("{\"prompt\": \"" + TinyData.review(i)
                    + "\", \"chosen\": \"Thanks.\", \"rejected\": \"So what?\"}");
            completions.add("{\"prompt\": \"" + TinyData.review(i) + "\", \"completion\": \" Thanks.\"}");
            bare.add((i % 2) + "\t" + TinyData.review(i));
        }
        export.add("one;column;too many");
        Files.write(folder.resolve("conversations.jsonl"), conversations);
        Files.write(folder.resolve("ranked.jsonl"), ranked);
        Files.write(folder.resolve("completions.jsonl"), completions);
        Files.write(folder.resolve("pairs.csv"), pairs);
        Files.write(folder.resolve("topics.jsonl"), topics);
        Files.write(folder.resolve("ratings.csv"), ratings);
        Files.write(folder.resolve("tickets.tsv"), tickets);
        Files.write(folder.resolve("export.csv"), export, StandardCharsets.ISO_8859_1);
        Files.write(folder.resolve("bare.tsv"), bare);
    }
}
