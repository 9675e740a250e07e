package dev.finetune.calibration;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.JsonFile;
import dev.finetune.internal.JsonNumbers;
import dev.finetune.internal.PlainFile;
import dev.finetune.internal.saving.DirectorySave;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How logits become probabilities, and probabilities decisions.
 *
 * @param temperature T: probabilities are softmax(logits / T), or sigmoid(logits / T) of several labels at once; 1 leaves
 *     them as they are
 * @param thresholds the probability from which a label is chosen: of two classes one number, for the second class; of
 *     several labels at once one each; empty for the most probable class, or 0.5
 */
public record Calibration(double temperature, List<Double> thresholds) {
    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().create();

    /** Probabilities and decisions as the network gives them. */
    public static final Calibration NONE = new Calibration(1, List.of());

    /** What it is called beside config.json. Transformers doesn't read it. */
    public static final String FILE = "calibration.json";

    /** Checks the ranges. */
    public Calibration {
        thresholds = List.copyOf(thresholds);
        if (!(temperature > 0) || Double.isInfinite(temperature)) {
            throw new FinetuneException("A temperature must be a number above 0, not " + temperature + ".");
        }
        for (double threshold : thresholds) {
            if (!(threshold >= 0 && threshold <= 1)) {
                throw new FinetuneException("Thresholds are probabilities, from 0 to 1: " + thresholds);
            }
        }
    }

    /** {@return whether it changes nothing} */
    public boolean isNone() {
        return equals(NONE);
    }

    /**
     * {@return the same decisions at another temperature: thresholds move with the probabilities, to
     * sigmoid(logit(threshold) temperature / other)}
     *
     * @param other above 0; 1 for the logits as they are
     */
    public Calibration withTemperature(double other) {
        return new Calibration(
                other,
                thresholds.stream().map(t -> moved(t, temperature / other)).toList());
    }

    private static double moved(double threshold, double by) {
        return threshold <= 0 || threshold >= 1
                ? threshold
                : 1 / (1 + Math.exp(-Math.log(threshold / (1 - threshold)) * by));
    }

    /**
     * {@return the same probabilities with other decisions}
     *
     * @param others one a label (for two classes, one alone), or none for the usual decisions
     */
    public Calibration withThresholds(List<Double> others) {
        return new Calibration(temperature, others);
    }

    /**
     * {@return the same for the same labels in another order: thresholds go with their labels} Of two classes that
     * change places, the other is the second one, and its threshold one minus the first's.
     *
     * @param from for each label of the new order, which it was, counted from 0
     */
    public Calibration moved(List<Integer> from) {
        if (thresholds.size() == 1 && from.equals(List.of(1, 0))) {
            return withThresholds(List.of(1 - thresholds.get(0)));
        }
        return thresholds.size() == from.size()
                ? withThresholds(from.stream().map(thresholds::get).toList())
                : this;
    }

    /**
     * Checks that there is no threshold, or as many as there should be.
     *
     * @param expected how many thresholds the head can have
     * @param labels the names of the outputs, for the message
     * @throws FinetuneException otherwise
     */
    public void check(int expected, List<String> labels) {
        if (!thresholds.isEmpty() && thresholds.size() != expected) {
            throw new FinetuneException(
                    "There are " + thresholds.size() + " thresholds for the labels " + labels + ", where "
                            + (expected == 0
                                    ? "none can be: one of more than two classes is the most probable one"
                                    : expected + " should be")
                            + ".");
        }
    }

    /**
     * Writes it to a model's or adapter's directory, for {@link #read}; where it changes nothing, there is no file
     * afterwards.
     *
     * @param directory which is there
     * @throws IOException if writing fails
     */
    public void write(Path directory) throws IOException {
        DirectorySave.some(directory, Set.of(FILE), folder -> {
            if (!isNone()) {
                Files.writeString(folder.resolve(FILE), GSON.toJson(toJson()) + "\n");
            }
        });
    }

    private JsonObject toJson() {
        final JsonObject json = new JsonObject();
        json.addProperty("temperature", temperature);
        final JsonArray numbers = new JsonArray();
        thresholds.forEach(numbers::add);
        json.add("thresholds", numbers);
        return json;
    }

    /**
     * {@return what was saved in a model's or adapter's directory; {@link #NONE} where nothing was}
     *
     * @param directory of a model or an adapter
     * @throws FinetuneException if the file can't be read
     */
    public static Calibration read(Path directory) {
        final Path file = directory.resolve(FILE);
        if (!PlainFile.exists(file)) {
            return NONE;
        }
        try {
            final JsonObject json = JsonFile.object(file);
            if (!(json.get("thresholds") instanceof JsonArray numbers)) {
                throw new FinetuneException("its thresholds are " + json.get("thresholds"));
            }
            final List<Double> thresholds = new ArrayList<>();
            for (JsonElement number : numbers) {
                thresholds.add(number(number, "a threshold"));
            }
            return new Calibration(number(json.get("temperature"), "its temperature"), thresholds);
        } catch (IOException | FinetuneException e) {
            throw new FinetuneException(
                    file + " can't be read (" + e.getMessage()
                            + "): expected {\"temperature\": number, \"thresholds\": "
                            + "[numbers]}. Without the file, the model loads uncalibrated.",
                    e);
        }
    }

    private static double number(@Nullable JsonElement element, String what) {
        return JsonNumbers.finite(element).orElseThrow(() -> new FinetuneException(what + " is " + element));
    }
}
