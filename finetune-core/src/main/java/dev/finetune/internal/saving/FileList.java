package dev.finetune.internal.saving;

import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which files were saved together, kept beside them: so that files of two models, or a copy that broke off, don't load as
 * one.
 *
 * @param save names one act of saving, and no other
 * @param files what each held
 */
record FileList(String save, Map<String, FileSum> files) {
    /** What it is called in the directory. Transformers doesn't read it. */
    static final String NAME = "finetune-files.json";

    /** What a checkpoint of a training has, and a model has not. */
    static final String CHECKPOINT = "finetune-checkpoint.json";

    private static final String MEND =
            "Without the file, the model loads as any checkpoint, and nobody checks that its files belong together.";

    static Optional<FileList> find(Path directory) throws IOException {
        return SavingJson.find(
                directory.resolve(NAME),
                json -> new FileList(json.get("save").getAsString(), SavingJson.sums(json.get("files"))),
                MEND);
    }

    byte[] bytes() {
        final JsonObject json = new JsonObject();
        json.addProperty("save", save);
        json.add("files", SavingJson.sums(new TreeMap<>(files)));
        return SavingJson.bytes(json);
    }

    /** Reads the files through; the first one that isn't what was saved is the reason not to use them. */
    Optional<FinetuneException> firstChange(Path directory) throws IOException {
        for (Map.Entry<String, FileSum> file : files.entrySet()) {
            final Path path = directory.resolve(file.getKey());
            final Optional<FileSum> found = FileSum.find(path);
            if (!found.equals(Optional.of(file.getValue()))) {
                return Optional.of(new FinetuneException(path
                        + " isn't what was saved here with the other files: found "
                        + found.map(FileSum::toString).orElse("no such file") + ", expected " + file.getValue()
                        + ", as " + NAME
                        + " says. " + mend()));
            }
        }
        return Optional.empty();
    }

    /** A model may be another program's by now; a checkpoint is used as it was written, or not at all. */
    private String mend() {
        return files.containsKey(CHECKPOINT)
                ? "Where a copy broke off, copy it again, whole; else remove this checkpoint."
                : "Where files of two models were mixed, or a copy broke off, save or copy"
                        + " it again, whole. Where the change was meant (by hand, or another program saved its model"
                        + " there), delete " + NAME + " in that directory, and calibration.json with it if the weights"
                        + " are others now.";
    }
}
