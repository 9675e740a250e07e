package dev.finetune.internal.run;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.finetune.data.Dataset;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Differences;
import dev.finetune.internal.JsonFile;
import dev.finetune.internal.saving.DirectorySave;
import dev.finetune.metrics.Metrics;
import dev.finetune.metrics.MetricsState;
import dev.finetune.train.Checkpoints;
import dev.finetune.train.RowEncoder;
import dev.finetune.train.RowsSum;
import dev.finetune.train.TensorSum;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The results of the folds of a cross-validation that ended, beside the checkpoints of the one under way, so that it goes on
 * where it was.
 */
final class FoldResults {
    private static final String NAME = "finetune-folds.json";
    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private final Checkpoints checkpoints;
    private final Map<String, String> identity;
    private final Map<Integer, Metrics> results = new TreeMap<>();

    private FoldResults(Checkpoints checkpoints, Map<String, String> identity) {
        this.checkpoints = checkpoints;
        this.identity = identity;
    }

    /**
     * Reads what there is.
     *
     * @param identity all that a cross-validation must have in common with another to go on from it
     * @throws FinetuneException if there is something, and nothing was said of it, or if it is of another cross-validation
     */
    static FoldResults open(Checkpoints checkpoints, Map<String, String> identity) {
        final FoldResults results = new FoldResults(checkpoints, identity);
        final Path file = checkpoints.directory().resolve(NAME);
        try {
            Files.createDirectories(checkpoints.directory());
            DirectorySave.settle(checkpoints.directory());
            if (!Files.exists(file)) {
                results.write();
            } else if (checkpoints.existing() == Checkpoints.Existing.RESUME) {
                results.read(file);
            } else if (checkpoints.existing() == Checkpoints.Existing.REPLACE) {
                results.write();
            } else {
                throw new FinetuneException(file + " is of a cross-validation that was begun before. Go on with it with"
                        + " checkpoints(Checkpoints.in(directory).resume()), begin anew over it with"
                        + " checkpoints(Checkpoints.in(directory).replace()), or name another directory.");
            }
        } catch (IOException e) {
            throw new FinetuneException(file + ": the results of folds can't be read or written: " + e, e);
        }
        return results;
    }

    /** What two cross-validations have in common that give the same. */
    static <I> Map<String, String> identity(
            Map<String, String> settings, LoadedModel<I> model, Dataset<I> data, int folds) {
        final Map<String, String> identity = new TreeMap<>(settings);
        identity.put("folds", Integer.toString(folds));
        identity.put("the model", TensorSum.of(model.assembly().network()));
        identity.put(
                "the data", RowsSum.of(RowEncoder.encode(data, model.assembly().encoder())));
        return identity;
    }

    private void read(Path file) throws IOException {
        final JsonObject json;
        try {
            json = parsed(file);
            for (Map.Entry<String, JsonElement> entry :
                    json.getAsJsonObject("folds").entrySet()) {
                results.put(
                        Integer.valueOf(entry.getKey()),
                        MetricsState.of(entry.getValue().getAsJsonObject()));
            }
            final Map<String, String> then = new TreeMap<>();
            json.getAsJsonObject("identity")
                    .entrySet()
                    .forEach(entry -> then.put(entry.getKey(), entry.getValue().getAsString()));
            final List<String> differences = Differences.of(then, identity);
            if (!differences.isEmpty()) {
                throw new FinetuneException(file + " is of another cross-validation: " + String.join("; ", differences)
                        + ". Say the same again, or name another directory.");
            }
        } catch (IllegalStateException
                | IllegalArgumentException
                | UnsupportedOperationException
                | NullPointerException
                | ClassCastException e) {
            throw new FinetuneException(file + " can't be understood (" + e + "). Delete it to begin anew.", e);
        }
    }

    private static JsonObject parsed(Path file) throws IOException {
        try {
            return JsonFile.object(file);
        } catch (FinetuneException e) {
            throw new FinetuneException(e.getMessage() + " Delete it to begin anew.", e);
        }
    }

    /** The result of a fold that ended before. */
    Optional<Metrics> of(int fold) {
        return Optional.ofNullable(results.get(fold));
    }

    /** Where a fold's training writes its checkpoints. */
    Checkpoints checkpoints(int fold) {
        return checkpoints.within("fold-" + fold);
    }

    /** Keeps the result of a fold, whose checkpoints are no longer needed. */
    void add(int fold, Metrics metrics) {
        results.put(fold, metrics);
        try {
            write();
        } catch (IOException e) {
            throw new FinetuneException(
                    "The result of fold " + fold + " couldn't be written to " + checkpoints.directory() + ": " + e, e);
        }
        Checkpoints.remove(checkpoints(fold).directory());
    }

    private void write() throws IOException {
        final JsonObject folds = new JsonObject();
        results.forEach((fold, metrics) -> folds.add(Integer.toString(fold), MetricsState.toJson(metrics)));
        final JsonObject json = new JsonObject();
        json.add("identity", GSON.toJsonTree(identity));
        json.add("folds", folds);
        DirectorySave.some(
                checkpoints.directory(),
                Set.of(NAME),
                folder -> Files.writeString(folder.resolve(NAME), GSON.toJson(json) + "\n"));
    }
}
