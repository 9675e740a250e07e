package dev.finetune.spark;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A part of a file of a model, as it travels.
 *
 * @param file its name, relative to the model's directory
 * @param bytes what follows what came before
 */
record ModelPiece(String file, byte[] bytes) implements Serializable {
    static final int SIZE = 16 << 20;

    /** What takes the pieces of a file, one after another. */
    @FunctionalInterface
    interface Taker {
        void take(String file, byte[] bytes);
    }

    static void each(Path directory, Taker taker) throws IOException {
        for (Path file : Fingerprint.files(directory)) {
            try (InputStream in = Files.newInputStream(file)) {
                byte[] bytes = in.readNBytes(SIZE);
                do {
                    taker.take(Fingerprint.named(directory, file), bytes);
                    bytes = in.readNBytes(SIZE);
                } while (bytes.length > 0);
            }
        }
    }

    static List<ModelPiece> of(Path directory) {
        final List<ModelPiece> pieces = new ArrayList<>();
        try {
            each(directory, (file, bytes) -> pieces.add(new ModelPiece(file, bytes)));
        } catch (IOException e) {
            throw new FinetuneException("The model in " + directory + " can't be read: " + e, e);
        }
        return pieces;
    }

    static void write(List<ModelPiece> pieces, Path directory) {
        try {
            for (ModelPiece piece : pieces) {
                append(directory, piece.file, piece.bytes);
            }
        } catch (IOException e) {
            throw new FinetuneException("The model can't be written to " + directory + ": " + e, e);
        }
    }

    static void append(Path directory, String name, byte[] bytes) throws IOException {
        final Path file = directory.resolve(name).normalize();
        if (!file.startsWith(directory)) {
            throw new FinetuneException("A model has no file " + name + ".");
        }
        Files.createDirectories(file.getParent());
        try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            out.write(bytes);
        }
    }
}
