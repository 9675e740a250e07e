package dev.finetune.train;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Differences;
import dev.finetune.nn.Network;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;

/**
 * What a training is that a checkpoint can only be gone on with if it is the same.
 *
 * @param settings by name
 * @param weights a checksum of each tensor of the network before the first step
 * @param training the data that is trained on
 * @param validation the data that is evaluated on
 */
record RunIdentity(Map<String, String> settings, Map<String, String> weights, String training, String validation) {
    /** Of a training without checkpoints. */
    static final RunIdentity NONE = new RunIdentity(Map.of(), Map.of(), "", "");

    private static final int SHOWN = 4;

    static RunIdentity of(
            Map<String, String> settings, Network network, BatchSource training, Optional<BatchSource> validation) {
        final Map<String, String> weights = new TreeMap<>();
        network.tensors(network.parameters()).forEach((name, tensor) -> weights.put(name, sum(tensor)));
        return new RunIdentity(
                settings,
                weights,
                training.identity(),
                validation.map(BatchSource::identity).orElse("none"));
    }

    private static String sum(Tensor tensor) {
        return HexFormat.of().toHexDigits(TensorSum.of(tensor));
    }

    /**
     * The identity of a training that several processes share, the same in all of them.
     *
     * @throws FinetuneException if one of them has set out to train otherwise than process 0
     */
    RunIdentity ofAll(Agreement agreement) {
        if (agreement.isAlone()) {
            return this;
        }
        final List<RunIdentity> all = agreement.gather(toJson().toString().getBytes(StandardCharsets.UTF_8)).stream()
                .map(said -> RunIdentity.of(JsonParser.parseString(new String(said, StandardCharsets.UTF_8))
                        .getAsJsonObject()))
                .toList();
        final RunIdentity lead = all.get(0);
        for (int rank = 1; rank < all.size(); rank++) {
            final RunIdentity other = all.get(rank);
            final Optional<String> difference = lead.difference(
                    new RunIdentity(other.settings, other.weights, lead.training, lead.validation));
            if (difference.isPresent()) {
                throw new FinetuneException("Process " + rank + " has set out for another training than process 0, so"
                        + " that they can't train together: " + difference.get()
                        + ". Give all of them the same settings and the same model.");
            }
        }
        final Map<String, String> settings = new TreeMap<>(lead.settings);
        settings.put("processes", Integer.toString(all.size()));
        return new RunIdentity(
                settings, lead.weights, ofParts(all, RunIdentity::training), ofParts(all, RunIdentity::validation));
    }

    private static String ofParts(List<RunIdentity> all, Function<RunIdentity, String> part) {
        return all.stream().map(part).collect(Collectors.joining(", "));
    }

    JsonObject toJson() {
        final JsonObject json = new JsonObject();
        json.add("settings", toJson(settings));
        json.addProperty("training", training);
        json.addProperty("validation", validation);
        json.add("weights", toJson(weights));
        return json;
    }

    private static JsonObject toJson(Map<String, String> values) {
        final JsonObject json = new JsonObject();
        new TreeMap<>(values).forEach(json::addProperty);
        return json;
    }

    static RunIdentity of(JsonObject json) {
        return new RunIdentity(
                map(json.getAsJsonObject("settings")),
                map(json.getAsJsonObject("weights")),
                json.get("training").getAsString(),
                json.get("validation").getAsString());
    }

    /** The names and values that {@link #toJson(Map)} wrote. */
    private static Map<String, String> map(JsonObject json) {
        final Map<String, String> values = new TreeMap<>();
        json.entrySet()
                .forEach(entry -> values.put(entry.getKey(), entry.getValue().getAsString()));
        return values;
    }

    /** In what another training differs, in words; empty where it is the same. */
    Optional<String> difference(RunIdentity now) {
        final List<String> found = new ArrayList<>(Differences.of(settings, now.settings));
        found.addAll(Differences.of("the training data", training, now.training));
        found.addAll(Differences.of("the validation data", validation, now.validation));
        compareWeights(now, found);
        return found.isEmpty()
                ? Optional.empty()
                : Optional.of(String.join("; ", found.subList(0, Math.min(SHOWN, found.size())))
                        + (found.size() > SHOWN ? "; and " + (found.size() - SHOWN) + " more" : ""));
    }

    private void compareWeights(RunIdentity now, List<String> found) {
        final Set<String> differing = new TreeSet<>(weights.keySet());
        differing.addAll(now.weights.keySet());
        final int all = differing.size();
        differing.removeIf(name -> String.valueOf(weights.get(name)).equals(now.weights.get(name)));
        if (!differing.isEmpty()) {
            found.add("the model that training starts from is another (" + differing.size() + " of " + all
                    + " tensors differ, such as " + differing.iterator().next() + ")");
        }
    }
}
