package dev.finetune.spark;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Has Spark send a model's files to executors, once an application: as broadcast pieces, which executors hand on to each other, and
 * which Spark's memory manager may move to disk. (What {@code SparkContext.addFile} adds, functions on data frames don't find since
 * Spark 4.2: their sessions have files of their own.)
 */
final class Shipping {
    private static final Map<String, ShippedFiles> SHIPPED = new HashMap<>();

    private Shipping() {}

    static synchronized ShippedFiles ship(SparkContext context, Path directory, String fingerprint) {
        final String key = context.applicationId() + " " + fingerprint;
        final ShippedFiles before = SHIPPED.get(key);
        if (before != null) {
            return before;
        }
        SHIPPED.keySet().removeIf(other -> !other.startsWith(context.applicationId() + " ")); // One application a JVM.
        try {
            final ShippedFiles shipped = send(new JavaSparkContext(context), directory);
            SHIPPED.put(key, shipped);
            return shipped;
        } catch (IOException e) {
            throw new FinetuneException("The model in " + directory + " can't be read for executors: " + e, e);
        }
    }

    private static ShippedFiles send(JavaSparkContext context, Path directory) throws IOException {
        final ArrayList<ShippedFiles.Piece> pieces = new ArrayList<>();
        ModelPiece.each(directory, (file, bytes) -> pieces.add(new ShippedFiles.Piece(file, context.broadcast(bytes))));
        return new ShippedFiles(pieces);
    }
}
