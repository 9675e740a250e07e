package dev.finetune.spi;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * How a config.json says what a classifier predicts, as Transformers writes it: {@code problem_type}, {@code id2label}
 * and {@code label2id}.
 */
public final class HeadConfig {
    /** What this library calls a head that Transformers has no problem type for. */
    private static final String HEAD = "finetune_head";

    private HeadConfig() {}

    /**
     * {@return whether a configuration says what a classifier predicts}
     *
     * @param config of the checkpoint
     */
    public static boolean names(ModelConfig config) {
        return config.has("problem_type") || config.has(HEAD);
    }

    /**
     * {@return the head that a classifier was saved with: regression, several labels, one class of several, or one that a
     * {@link HeadFormat} reads}
     *
     * @param config of the checkpoint
     * @throws FinetuneException if the problem type, or the head, is not known
     */
    public static Head read(ModelConfig config) {
        final List<String> labels = config.outputNames();
        return named(config, () -> read(config, labels));
    }

    /**
     * {@return the head that a classifier of words was saved with}
     *
     * @param config of the checkpoint
     * @throws FinetuneException naming the file, if its labels are none of words
     */
    public static Head tokens(ModelConfig config) {
        final List<String> labels = config.outputNames();
        return named(config, () -> Heads.tokens(labels));
    }

    /** What a head can't be made of is the file's fault. */
    private static Head named(ModelConfig config, Supplier<Head> made) {
        try {
            return made.get();
        } catch (FinetuneException e) {
            throw e.getMessage().startsWith(config.file().toString())
                    ? e
                    : new FinetuneException(config.file() + ": " + e.getMessage(), e);
        }
    }

    private static Head read(ModelConfig config, List<String> labels) {
        if (config.has(HEAD)) {
            return HeadFormat.readAny(config.string(HEAD, ""), config, labels);
        }
        return switch (config.string(
                "problem_type", labels.size() == 1 ? "regression" : "single_label_classification")) {
            case "regression" -> Heads.regression(Math.max(1, labels.size()));
            case "multi_label_classification" -> Heads.multiLabel(labels.toArray(new String[0]));
            case "single_label_classification" -> Heads.classes(labels.toArray(new String[0]));
            default ->
                throw new FinetuneException(config.file() + ": the problem_type \"" + config.string("problem_type", "")
                        + "\" is not known.");
        };
    }

    /**
     * Says what a head predicts, instead of what the configuration said before.
     *
     * @param json the configuration to be saved, which is changed
     * @param head what its outputs mean
     * @param labels the names of its outputs, where they have any
     */
    public static void write(JsonObject json, Head head, List<String> labels) {
        json.add(
                "problem_type",
                head.problemType().<JsonElement>map(JsonPrimitive::new).orElse(JsonNull.INSTANCE));
        json.remove(HEAD);
        if (head.isOfWholeInput() && head.problemType().isEmpty()) {
            json.addProperty(HEAD, head.savedAs());
            head.write(json);
        }
        json.remove("num_labels");
        json.remove("id2label");
        json.remove("label2id");
        final List<String> names = new ArrayList<>(labels);
        for (int i = names.size(); i < head.rows(); i++) {
            names.add("LABEL_" + i);
        }
        if (names.isEmpty()) {
            return;
        }
        final JsonObject byId = new JsonObject();
        final JsonObject byLabel = new JsonObject();
        for (int i = 0; i < names.size(); i++) {
            byId.addProperty(Integer.toString(i), names.get(i));
            byLabel.addProperty(names.get(i), i);
        }
        json.add("id2label", byId);
        json.add("label2id", byLabel);
    }
}
