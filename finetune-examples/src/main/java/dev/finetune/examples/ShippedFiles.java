package dev.finetune.examples;

import dev.finetune.FineTuner;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** The small models, the reviews, the requests and the dialogues that the examples ship, unpacked to a folder. */
public final class ShippedFiles {
    private static final List<String> ENCODER =
            List.of("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt");

    private static final List<String> RESNET = List.of("config.json", "model.safetensors", "preprocessor_config.json");

    private static final List<String> LANGUAGE_MODEL = List.of(
            "config.json",
            "generation_config.json",
            "chat_template.jinja",
            "model.safetensors",
            "tokenizer.json",
            "tokenizer_config.json");

    /** What commands call the language model. */
    static final String SMALL_LM = "small-lm";

    private ShippedFiles() {}

    /** A tuner of a language model: of the shipped one by its name, else of a directory or model id. */
    static FineTuner startOf(String languageModel, Path folder) {
        return languageModel.equals(SMALL_LM) ? FineTuner.from(languageModel(folder)) : FineTuner.from(languageModel);
    }

    /** The directory of the encoder. */
    public static Path encoder(Path folder) {
        ENCODER.forEach(name -> unpack("encoder/" + name, folder));
        return folder.resolve("encoder");
    }

    /** The directory of the ResNet. */
    public static Path resnet(Path folder) {
        RESNET.forEach(name -> unpack("resnet/" + name, folder));
        return folder.resolve("resnet");
    }

    /** The directory of the language model. */
    public static Path languageModel(Path folder) {
        LANGUAGE_MODEL.forEach(name -> unpack("small-lm/" + name, folder));
        return folder.resolve("small-lm");
    }

    /** A file of dialogues with a shop's customers: train.jsonl or validation.jsonl. */
    public static Path dialogues(Path folder, String name) {
        return unpack("dialogues/" + name, folder);
    }

    /** A file of reviews: train.tsv or validation.tsv. */
    public static Path reviews(Path folder, String name) {
        return unpack("reviews/" + name, folder);
    }

    /** A file of requests to a shop: known.tsv or asked.tsv. */
    public static Path requests(Path folder, String name) {
        return unpack("requests/" + name, folder);
    }

    private static Path unpack(String name, Path folder) {
        final Path file = folder.resolve(name);
        try (InputStream in = ShippedFiles.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the examples' jar lacks " + name);
            }
            Files.createDirectories(file.getParent());
            Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(name + " could not be unpacked to " + folder, e);
        }
    }
}
