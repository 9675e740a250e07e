package dev.finetune.internal.run;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Pooling;
import dev.finetune.internal.JsonFile;
import dev.finetune.internal.JsonNumbers;
import dev.finetune.internal.PlainFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * What lies beside a saved model for this library alone, finetune.json: that the directory is one of ours and what it holds,
 * which card was written, and what else is to be known again.
 *
 * @param json all of it
 */
record ModelRecord(JsonObject json) {
    private static final Gson GSON = new GsonBuilder()
            .setPrettyPrinting()
            .serializeNulls()
            .disableHtmlEscaping()
            .create();

    private static final String KIND = "kind";
    private static final String CARD_DIGEST = "card_sha256";

    /** A record to be written. */
    static ModelRecord of(ModelDirectory.Kind kind, JsonObject more) {
        more.addProperty(KIND, kind.word());
        return new ModelRecord(more);
    }

    /** The same, with which card was written, so that one that somebody changed is known. */
    ModelRecord withCard(String card) {
        json.addProperty(CARD_DIGEST, digest(card));
        return this;
    }

    void write(Path directory) throws IOException {
        Files.writeString(directory.resolve(ModelFiles.RECORD), GSON.toJson(json) + "\n");
    }

    /** What a directory's record says, if there is one. */
    static Optional<ModelRecord> find(Path directory) {
        final Path file = directory.resolve(ModelFiles.RECORD);
        if (!PlainFile.exists(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(new ModelRecord(JsonFile.object(file)));
        } catch (IOException | FinetuneException e) {
            throw unreadable(directory, e);
        }
    }

    /** The longest input that the model in a directory was trained with; 0 where that isn't recorded. */
    static int maxLength(Path directory) {
        try {
            return find(directory)
                    .filter(record -> record.json.has("max_length"))
                    .map(record ->
                            JsonNumbers.whole(record.json.get("max_length")).orElseThrow())
                    .orElse(0);
        } catch (NoSuchElementException e) {
            throw unreadable(directory, e);
        }
    }

    /** How the vectors of the model in a directory are pooled, where it was saved for these. */
    static Optional<Pooling> pooling(Path directory) {
        return find(directory)
                .map(record -> record.json.get("pooling"))
                .map(said -> Arrays.stream(Pooling.values())
                        .filter(pooling -> said.equals(new JsonPrimitive(pooling.name())))
                        .findFirst()
                        .orElseThrow(() -> new FinetuneException(directory.resolve(ModelFiles.RECORD)
                                + ": \"pooling\" is " + said + "; expected one of "
                                + Arrays.toString(Pooling.values()) + ".")));
    }

    /** What the directory holds, in a word; records that were written before there was one are of models. */
    String kind() {
        return json.has(KIND) ? json.get(KIND).getAsString() : ModelDirectory.Kind.MODEL.word();
    }

    /** Whether another card was written than that text. */
    boolean isOfOtherCard(String card) {
        return json.has(CARD_DIGEST) && !json.get(CARD_DIGEST).getAsString().equals(digest(card));
    }

    private static String digest(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // Every Java has it.
        }
    }

    private static FinetuneException unreadable(Path directory, Exception e) {
        return new FinetuneException(
                directory.resolve(ModelFiles.RECORD) + " can't be read (" + e.getMessage()
                        + "); without it, the model loads as any checkpoint.",
                e);
    }
}
