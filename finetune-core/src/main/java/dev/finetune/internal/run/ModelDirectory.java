package dev.finetune.internal.run;

import dev.finetune.checkpoint.Overwrite;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Warnings;
import dev.finetune.internal.saving.Change;
import dev.finetune.internal.saving.DirectorySave;
import dev.finetune.internal.saving.Disk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A directory that a model or an adapter is saved in, as a whole: what belonged to the one before is removed, and what
 * belongs to none stays.
 *
 * @param path where
 * @param kind what is saved
 */
public record ModelDirectory(Path path, Kind kind) {
    private static final int SHOWN = 4;

    /** What a directory of ours holds, as finetune.json says. */
    public enum Kind {
        /** A model that loads on its own. */
        MODEL("model", "save"),
        /** What LoRA, IA3 or another method trained, which needs its base. */
        ADAPTER("adapter", "saveAdapter"),
        /** A model that loads on its own, its weights in a graph for other runtimes. */
        ONNX("ONNX model", "exportOnnx");

        private final String word;
        private final String method;

        Kind(String word, String method) {
            this.word = word;
            this.method = method;
        }

        String word() {
            return word;
        }

        private String method() {
            return method;
        }
    }

    /** What is saved. */
    interface Content {
        void writeTo(Path staging) throws IOException;
    }

    /**
     * Checks that something can be saved, without leaving anything behind.
     *
     * @throws FinetuneException if there is a file of that name, if the directory holds what mustn't be replaced, or if it
     *     can't be written
     */
    public void check(Overwrite overwrite) {
        final Path directory = path.toAbsolutePath();
        final Path existing = Stream.iterate(directory, place -> place != null, Path::getParent)
                .filter(Files::exists)
                .findFirst()
                .orElse(directory);
        try {
            if (Files.isDirectory(directory)) {
                DirectorySave.settle(directory);
                refuseOthers(directory, overwrite);
            } else if (Files.exists(directory)) {
                throw refusal(directory + " is a file; expected a directory, be it there or not.");
            }
            Files.deleteIfExists(Files.createTempFile(existing, DirectorySave.STAGING, ""));
        } catch (IOException e) {
            throw cantWrite(existing, e);
        }
    }

    private FinetuneException cantWrite(Path where, IOException e) {
        return new FinetuneException(
                "The " + kind.word() + " can't be saved in " + path.toAbsolutePath() + ": no file can be written in "
                        + where + " (" + e + "). Choose another place, or make that one writable.",
                e);
    }

    private FinetuneException refusal(String why) {
        return new FinetuneException("The " + kind.word() + " can't be saved: " + why);
    }

    private void refuseOthers(Path directory, Overwrite overwrite) throws IOException {
        final List<String> files = List.copyOf(ModelFiles.namesIn(directory));
        if (files.isEmpty() || overwrite == Overwrite.ANY) {
            return;
        }
        final String how = "Choose another directory, or, if that one is to be replaced, say so: " + kind.method()
                + "(directory, Overwrite.ANY).";
        final Optional<ModelRecord> record = ModelRecord.find(directory);
        if (record.isEmpty()) {
            final String some = files.stream().limit(SHOWN).collect(Collectors.joining(", "));
            throw refusal(directory + " holds a model that wasn't saved by this library (" + some
                    + (files.size() > SHOWN ? " and " + (files.size() - SHOWN) + " more" : "") + "; there is no "
                    + ModelFiles.RECORD + "), which would be overwritten. " + how);
        }
        final String there = record.get().kind();
        if (!there.equals(kind.word())) {
            throw refusal(directory + " holds " + (there.equals(Kind.MODEL.word()) ? "a " : "an ") + there
                    + ", and libraries that find both in one directory take them together. " + how);
        }
    }

    /**
     * Saves all of it as one, and removes what is left of the one before, as {@link DirectorySave} does it. An interrupt waits
     * until that is done.
     */
    void write(Overwrite overwrite, Content content) {
        check(overwrite);
        try {
            new DirectorySave(path, new Disk()).make(new Replacing(overwrite, content));
        } catch (IOException e) {
            throw new FinetuneException(
                    "The " + kind.word() + " could not be saved in " + path.toAbsolutePath() + ": " + e
                            + ". What was there is as it was.",
                    e);
        }
    }

    /** The change that replaces what is there. */
    private final class Replacing implements Change {
        private final Overwrite overwrite;
        private final Content content;

        private Replacing(Overwrite overwrite, Content content) {
            this.overwrite = overwrite;
            this.content = content;
        }

        @Override
        public boolean isWhole() {
            return true;
        }

        @Override
        public void check() throws IOException {
            refuseOthers(path.toAbsolutePath(), overwrite);
        }

        @Override
        public void writeTo(Path staging) throws IOException {
            content.writeTo(staging);
            if (keepsCard()) {
                Files.deleteIfExists(staging.resolve(ModelFiles.CARD));
            }
        }

        @Override
        public Set<String> removed(Set<String> written) throws IOException {
            return ModelFiles.namesIn(path);
        }
    }

    /** Whether there is a README.md that is no model card, or a card of ours that somebody has changed. */
    private boolean keepsCard() throws IOException {
        final Path card = path.resolve(ModelFiles.CARD);
        if (!Files.exists(card)) {
            return false;
        }
        final String text = new String(Files.readAllBytes(card), StandardCharsets.UTF_8);
        final boolean changed = ModelRecord.find(path)
                .filter(record -> record.isOfOtherCard(text))
                .isPresent();
        final boolean keep = changed || !text.startsWith("---");
        if (keep) {
            Warnings.say(
                    Fitting.LOG, card + " was written by somebody else, so it is kept, and no model card is written.");
        }
        return keep;
    }
}
