package dev.finetune.examples;

import dev.finetune.FineTuned;
import dev.finetune.checkpoint.Overwrite;
import dev.finetune.error.FinetuneException;
import dev.finetune.metrics.Metrics;
import dev.finetune.train.EpochReport;
import dev.finetune.train.TrainingHistory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/** Where commands write: refused before anything is computed if that could not be done in the end, and said in the end. */
public final class Output {
    private Output() {}

    /** Where a model is to be saved. */
    public static void checkModel(String option, Path directory, Overwrite overwrite) {
        check(option, directory, () -> FineTuned.checkSave(directory, overwrite));
    }

    /** Where an adapter is to be saved. */
    static void checkAdapter(String option, Path directory, Overwrite overwrite) {
        check(option, directory, () -> FineTuned.checkSaveAdapter(directory, overwrite));
    }

    private static void check(String option, Path directory, Runnable check) {
        try {
            check.run();
        } catch (FinetuneException e) {
            throw new FinetuneException(option + " " + directory + ": " + e.getMessage(), e);
        }
    }

    /** Says where a model is, and how good it is, if training came to an evaluation. */
    public static void saved(Path directory, FineTuned<?> model, Function<Metrics, String> howGood) {
        final Optional<Metrics> metrics =
                model.history().flatMap(TrainingHistory::kept).flatMap(EpochReport::validation);
        System.out.println("saved " + directory.toAbsolutePath() + ": "
                + metrics.map(howGood).orElse("stopped before it was evaluated"));
    }

    /** Where a saved model is to be. */
    static void checkThere(Path model) {
        if (!Files.exists(model)) {
            throw new FinetuneException("--model " + model + ": there is nothing at "
                    + model.toAbsolutePath().normalize()
                    + ". Give the directory of a model that was saved (--out of the commands text and images).");
        }
    }

    /**
     * Where a file is to be written, over one of that name only if it begins as this command's do, or if that was said.
     *
     * @param start what each file of this command begins with; empty where that can't be told
     */
    static void checkFile(String option, Path file, boolean overwrite, String start) throws IOException {
        checkFile(option, file);
        if (Files.exists(file)
                && !overwrite
                && (start.isEmpty() || !start(file, start.length()).equals(start))) {
            throw new FinetuneException(option + " " + file + ": there is a file of that name already"
                    + (start.isEmpty() ? "" : ", which this command didn't write")
                    + ". Give another name, or --overwrite to replace it.");
        }
    }

    private static String start(Path file, int length) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(length), StandardCharsets.UTF_8);
        }
    }

    /** Where a file is to be written, over one of that name. */
    static void checkFile(String option, Path file) {
        final Path folder = file.toAbsolutePath().getParent();
        if (Files.isDirectory(file)) {
            throw new FinetuneException(option + " " + file + " is a folder; expected the name of a file.");
        }
        if (folder == null || !Files.isDirectory(folder)) {
            throw new FinetuneException(option + " " + file + ": there is no folder " + folder + " to write it in.");
        }
        try {
            Files.delete(Files.createTempFile(folder, ".writing-", ""));
        } catch (IOException e) {
            throw new FinetuneException(option + " " + file + ": no file can be written in " + folder + ": " + e, e);
        }
    }
}
