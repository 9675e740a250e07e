package dev.finetune.internal.run;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.finetune.checkpoint.Overwrite;
import dev.finetune.checkpoint.SafetensorsWriter;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.internal.JsonFile;
import dev.finetune.internal.Listed;
import dev.finetune.internal.PlainFile;
import dev.finetune.nn.Buffer;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.peft.AdapterConfig;
import dev.finetune.peft.AdapterParameters;
import dev.finetune.peft.PeftFormat;
import dev.finetune.peft.PeftMethod;
import dev.finetune.peft.TargetLayers;
import dev.finetune.spi.Assembly;
import dev.finetune.spi.HeadConfig;
import dev.finetune.spi.ModelConfig;
import dev.finetune.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/** Adapters in PEFT's format: adapter_config.json and adapter_model.safetensors. */
public final class AdapterFiles {
    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().serializeNulls().create();
    private static final String CONFIG = "adapter_config.json";

    /** What the record calls the kind of head. */
    private static final String HEAD = "head";

    private AdapterFiles() {}

    /**
     * Refuses to take a directory for a whole model that holds an adapter, alone or beside a model. Transformers would put
     * it on top, whether or not the model has it merged already.
     */
    static void refuseIn(Path directory) {
        final Path file = directory.resolve(CONFIG);
        if (!PlainFile.exists(file)) {
            return;
        }
        if (!Files.isRegularFile(directory.resolve("config.json"))) {
            throw new FinetuneException(
                    directory + " holds an adapter (" + CONFIG + ") and no model: name the model that it"
                            + " was trained on, FineTuner.from(base).adapter(directory).");
        }
        throw new FinetuneException(file
                + " is an adapter beside a whole model, which Transformers would put on top of it."
                + " If the model is the adapter's base, say so: FineTuner.from(directory).adapter(directory). If the"
                + " adapter is merged into the model already, move " + CONFIG + " and adapter_model.* elsewhere.");
    }

    /** What an adapter's configuration says. */
    static PeftMethod read(Path directory) {
        final Path file = directory.resolve(CONFIG);
        try {
            return PeftFormat.readAny(new AdapterConfig(file, JsonFile.object(file)));
        } catch (IOException e) {
            throw new FinetuneException(
                    file + " could not be read: " + e + ". An adapter's directory holds"
                            + " adapter_config.json and adapter_model.safetensors.",
                    e);
        }
    }

    /** The head that an adapter of ours was trained for, which PEFT's format doesn't tell; empty for others. */
    static Optional<Head> savedHead(Path directory) {
        return ModelRecord.find(directory)
                .map(ModelRecord::json)
                .filter(json -> json.has(HEAD))
                .flatMap(json -> {
                    final ModelConfig record = ModelConfig.of(directory.resolve(ModelFiles.RECORD), json);
                    return switch (record.string(HEAD, "")) {
                        case "Classification", "MultiLabel", "Regression" -> Optional.of(HeadConfig.read(record));
                        case "Tokens" -> Optional.of(HeadConfig.tokens(record));
                        default -> HeadConfig.names(record) ? Optional.of(HeadConfig.read(record)) : Optional.empty();
                    };
                });
    }

    /** A task by which PEFT looks for the head's last layer in the adapter; none where the adapter doesn't train it. */
    private static JsonElement taskType(PeftMethod method, Head head) {
        return head.taskType()
                .filter(type -> AdapterConfig.headsOf(type).isEmpty()
                        || AdapterConfig.headsOf(type).stream().anyMatch(method.alsoTrained()::contains))
                .<JsonElement>map(JsonPrimitive::new)
                .orElse(JsonNull.INSTANCE);
    }

    /**
     * Writes a network's additions and what was trained whole, and beside them how the task is calibrated, which PEFT doesn't
     * read.
     *
     * @throws FinetuneException if the method has no file format, or if other parameters were trained, or are random
     */
    public static void write(
            Path directory, Overwrite overwrite, Assembly<?> assembly, PeftMethod method, String base) {
        type(method);
        final Network network = assembly.network();
        final Set<String> adapted = network.adaptedLayers();
        final List<Parameter> others = network.parameters().stream()
                .filter(parameter -> !method.owns(parameter.name(), adapted))
                .toList();
        refuseLoss(
                others.stream().filter(Parameter::isTrained),
                " were unfrozen and trained, but don't belong to the adapter and would be lost: name their layers in"
                        + " alsoTrained(...), or save the merged model with save(...).");
        refuseLoss(
                others.stream().filter(Parameter::isNewlyInitialized),
                " started at random and don't belong to the adapter, which would predict otherwise wherever it is loaded:"
                        + " save the merged model with save(...).");
        new ModelDirectory(directory, ModelDirectory.Kind.ADAPTER)
                .write(overwrite, staging -> writeAll(staging, assembly, method, base));
    }

    private static void writeAll(Path staging, Assembly<?> assembly, PeftMethod method, String base)
            throws IOException {
        final Network network = assembly.network();
        final Task task = assembly.task();
        final UnaryOperator<String> naming = naming(assembly);
        final Set<String> adapted = network.adaptedLayers();
        final Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (Parameter parameter : network.parameters()) {
            if (parameter.name().startsWith(AdapterParameters.PREFIX)) {
                tensors.put(
                        AdapterParameters.PREFIX
                                + naming.apply(parameter.name().substring(AdapterParameters.PREFIX.length())),
                        parameter.value());
            } else if (method.trains(parameter.name(), adapted)) {
                tensors.put(
                        AdapterParameters.PREFIX + naming.apply(method.savedName(parameter.name(), adapted)),
                        parameter.value());
            }
        }
        for (Buffer buffer : network.buffers()) {
            if (method.trains(buffer.name(), adapted)) {
                tensors.put(AdapterParameters.PREFIX + naming.apply(buffer.name()), buffer.value());
            }
        }
        SafetensorsWriter.write(staging.resolve("adapter_model.safetensors"), tensors, Map.of("format", "pt"));
        Files.writeString(staging.resolve(CONFIG), GSON.toJson(config(method, assembly, naming, base)) + "\n");
        final JsonObject head = new JsonObject();
        head.addProperty(HEAD, task.head().kind());
        HeadConfig.write(head, task.head(), task.labels());
        ModelRecord.of(ModelDirectory.Kind.ADAPTER, head).write(staging);
        task.calibration().write(staging);
    }

    private static void refuseLoss(Stream<Parameter> lost, String why) {
        final List<String> names = lost.map(Parameter::name).toList();
        if (!names.isEmpty()) {
            throw new FinetuneException("saveAdapter(...): " + Listed.few(names) + why);
        }
    }

    /** What layers are called in the model that the adapter belongs to: that of vectors is the base alone, without its name. */
    private static UnaryOperator<String> naming(Assembly<?> assembly) {
        final String base = assembly.report().basePrefix() + ".";
        return assembly.task().head().pooling().isPresent()
                ? name -> name.startsWith(base) ? name.substring(base.length()) : name
                : UnaryOperator.identity();
    }

    private static JsonObject config(
            PeftMethod method, Assembly<?> assembly, UnaryOperator<String> naming, String base) {
        final Network network = assembly.network();
        final Set<String> adapted = network.adaptedLayers();
        final JsonObject json = new JsonObject();
        json.addProperty("peft_type", type(method));
        json.addProperty("base_model_name_or_path", base);
        json.add("task_type", taskType(method, assembly.task().head()));
        method.write(json, adapted, naming);
        if (method.targets() instanceof TargetLayers.Matching matching
                && adapted.stream().map(naming).allMatch(layer -> layer.matches(matching.regex()))) {
            json.addProperty("target_modules", matching.regex()); // Not of an adapter of a model without a head.
        } else {
            json.add(
                    "target_modules",
                    array((method.targets() instanceof TargetLayers.Named named ? found(named, adapted) : adapted)
                            .stream().map(naming).toList()));
        }
        json.add(
                "modules_to_save",
                array(method
                        .alsoTrainedOf(network.parameters().stream()
                                .map(Parameter::name)
                                .toList())
                        .stream()
                        .map(naming)
                        .toList()));
        json.addProperty("inference_mode", true);
        return json;
    }

    /** Those that some layer has: PEFT fails at one that is trained whole instead. */
    private static List<String> found(TargetLayers.Named targets, Set<String> adapted) {
        return targets.names().stream()
                .filter(name -> adapted.stream().anyMatch(layer -> TargetLayers.Named.names(layer, name)))
                .toList();
    }

    private static String type(PeftMethod method) {
        return method.peftType()
                .orElseThrow(() -> new FinetuneException("saveAdapter(...): there is no file format for " + method
                        + ": save the merged model with save(...)."));
    }

    private static JsonArray array(Collection<String> names) {
        final JsonArray array = new JsonArray();
        names.forEach(array::add);
        return array;
    }
}
