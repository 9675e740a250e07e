package dev.finetune.spark;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.SparkFiles;
import org.apache.spark.broadcast.Broadcast;

/**
 * A model's files in pieces that Spark sends.
 *
 * @param pieces in order, all of a file one after another
 */
record ShippedFiles(ArrayList<Piece> pieces) implements Serializable {
    private static final Map<String, Path> UNPACKED = new HashMap<>();

    /**
     * A part of a file.
     *
     * @param file its name, relative to the model's directory
     * @param bytes what follows what came before
     */
    record Piece(String file, Broadcast<byte[]> bytes) implements Serializable {}

    /** The directory on this machine, written once a JVM to where Spark puts an application's files; it goes with the JVM. */
    Path unpacked(String fingerprint) {
        synchronized (UNPACKED) {
            return UNPACKED.computeIfAbsent(fingerprint, this::unpack);
        }
    }

    private Path unpack(String fingerprint) {
        try {
            final Path root =
                    Path.of(SparkFiles.getRootDirectory()).toAbsolutePath().normalize();
            final Path directory = Files.createTempDirectory(root, "finetune-model-");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> Folder.delete(directory)));
            for (Piece piece : pieces) {
                ModelPiece.append(directory, piece.file, piece.bytes.value());
            }
            if (!Fingerprint.of(directory).equals(fingerprint)) {
                throw new FinetuneException("The model's files changed while Spark sent them: load it again.");
            }
            return directory;
        } catch (IOException e) {
            throw new FinetuneException("The model that Spark sent can't be written: " + e, e);
        }
    }
}
