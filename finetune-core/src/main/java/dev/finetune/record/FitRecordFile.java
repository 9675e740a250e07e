package dev.finetune.record;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.JsonFile;
import dev.finetune.internal.saving.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A record of a fit in a file of JSON. */
final class FitRecordFile {
    private static final String FORMAT = "format";
    private static final int VERSION = 1;
    private static final long MOST_BYTES = 256L << 20;
    private static final int MOST_VALUES = 5_000_000;
    private static final Gson GSON =
            new GsonBuilder().disableHtmlEscaping().serializeNulls().create();

    private FitRecordFile() {}

    static void write(FitRecord fit, Path file) {
        final JsonObject json = new JsonObject();
        json.addProperty(FORMAT, VERSION);
        RecordJson.toJson(fit, FitRecord.class)
                .getAsJsonObject()
                .entrySet()
                .forEach(entry -> json.add(entry.getKey(), entry.getValue()));
        AtomicFile.write(file, (GSON.toJson(json) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Whether a file was written here, whatever its version. */
    static boolean isOne(Path file) {
        final String wanted = "{\"" + FORMAT + "\":";
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(wanted.length()), StandardCharsets.UTF_8).equals(wanted);
        } catch (IOException e) {
            return false;
        }
    }

    static FitRecord read(Path fileOrDirectory) {
        final Path file =
                Files.isDirectory(fileOrDirectory) ? fileOrDirectory.resolve(FitRecord.FILE) : fileOrDirectory;
        final JsonElement json;
        try {
            json = JsonFile.read(file, MOST_BYTES, MOST_VALUES);
        } catch (NoSuchFileException e) {
            throw new FinetuneException(
                    file + " isn't there. It is written beside the report of a fit: report(...) asks for one.", e);
        } catch (IOException e) {
            throw new FinetuneException(file + ": the file couldn't be read: " + e, e);
        }
        final JsonObject all = JsonFile.object(json, file.toString());
        final JsonElement version = all.get(FORMAT);
        if (version == null || !version.toString().equals(String.valueOf(VERSION))) {
            throw new FinetuneException(file + ": \"" + FORMAT + "\" is " + version + "; expected " + VERSION
                    + ". The file is no record of a fit, or one of another version of this library.");
        }
        final FitRecord fit = (FitRecord) new RecordJson(file.toString()).of(all, FitRecord.class, "");
        new FitRecordCheck(file.toString()).check(fit);
        return fit;
    }
}
