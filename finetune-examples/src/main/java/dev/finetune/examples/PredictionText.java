package dev.finetune.examples;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.finetune.head.Prediction;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Predictions for programs: as JSON, or as the cells of a line of TSV. */
final class PredictionText {
    private PredictionText() {}

    /**
     * A prediction's members: a label and probabilities, labels and probabilities, a value or values, tags, an answer with
     * where it starts, what fills masked places, or a vector.
     *
     * @param top how many probabilities, the highest first; 0 for all, in the order of the labels
     */
    static JsonObject json(Prediction prediction, int top) {
        final JsonObject json = new JsonObject();
        if (prediction instanceof Prediction.Category category) {
            json.addProperty("label", category.label());
            json.addProperty("probability", category.probability());
            json.add("probabilities", numbers(some(category.probabilities(), top)));
        } else if (prediction instanceof Prediction.Categories categories) {
            json.add("labels", strings(categories.labels()));
            json.add("probabilities", numbers(some(categories.probabilities(), top)));
        } else if (prediction instanceof Prediction.Numbers numbers
                && numbers.values().size() == 1) {
            json.addProperty("value", numbers.value());
        } else if (prediction instanceof Prediction.Numbers numbers) {
            json.add("values", array(numbers.values()));
        } else if (prediction instanceof Prediction.Tags tags) {
            json.add("tags", strings(tags.tags()));
            json.add("probabilities", array(tags.tagProbabilities()));
        } else if (prediction instanceof Prediction.Span span) {
            json.addProperty("answer", span.label());
            json.addProperty("probability", span.probability());
            span.candidates().stream()
                    .limit(1)
                    .forEach(best -> json.addProperty("start", best.answer().start()));
        } else if (prediction instanceof Prediction.Fills fills) {
            final JsonArray places = new JsonArray();
            fills.places().forEach(place -> places.add(numbers(some(place, top))));
            json.add("fills", places);
        } else if (prediction instanceof Prediction.Vector vector) {
            final JsonArray numbers = new JsonArray();
            for (float number : vector.vector()) {
                numbers.add(number);
            }
            json.add("vector", numbers);
        }
        return json;
    }

    /** The label and its probability, or what stands for them, tab-separated. */
    static String tsv(Prediction prediction) {
        if (prediction instanceof Prediction.Category || prediction instanceof Prediction.Span) {
            return cell(prediction.label()) + "\t" + prediction.probability();
        }
        if (prediction instanceof Prediction.Categories categories) {
            return cell(String.join(",", categories.labels()));
        }
        if (prediction instanceof Prediction.Vector vector) {
            return PredictionText.json(vector, 0).get("vector").toString();
        }
        return cell(prediction.toString());
    }

    /** A text in one cell. */
    static String cell(String text) {
        return text.replaceAll("[\\t\\r\\n]+", " ");
    }

    private static Map<String, Double> some(Map<String, Double> probabilities, int top) {
        if (top == 0) {
            return probabilities;
        }
        final Map<String, Double> some = new java.util.LinkedHashMap<>();
        probabilities.entrySet().stream()
                .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                .limit(top)
                .forEach(entry -> some.put(entry.getKey(), entry.getValue()));
        return some;
    }

    private static JsonObject numbers(Map<String, Double> numbers) {
        final JsonObject json = new JsonObject();
        numbers.forEach(json::addProperty);
        return json;
    }

    private static JsonArray array(List<Double> numbers) {
        final JsonArray array = new JsonArray();
        numbers.forEach(array::add);
        return array;
    }

    private static JsonArray strings(List<String> texts) {
        final JsonArray array = new JsonArray();
        texts.forEach(array::add);
        return array;
    }
}
