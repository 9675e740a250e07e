package dev.finetune.vision.family;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.finetune.checkpoint.CheckpointParameters;
import dev.finetune.checkpoint.Weights;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import dev.finetune.nn.HeadModule;
import dev.finetune.nn.Network;
import dev.finetune.nn.ParameterSource;
import dev.finetune.peft.LayerNames;
import dev.finetune.spi.Assembly;
import dev.finetune.spi.AssemblyRequest;
import dev.finetune.spi.HeadConfig;
import dev.finetune.spi.ImageModelFamily;
import dev.finetune.spi.ModelConfig;
import dev.finetune.task.Task;
import dev.finetune.vision.OnBroken;
import dev.finetune.vision.image.ImageEncoder;
import dev.finetune.vision.image.ImageLimits;
import dev.finetune.vision.image.Preprocessing;
import dev.finetune.vision.net.Pixels;
import dev.finetune.vision.net.PooledFeatures;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What the image families share. A checkpoint is either Transformers' (its config.json has a {@code model_type}, and
 * says everything), or a state dict (torchvision, timm, training scripts), whose network is told from its tensors.
 */
abstract class VisionFamily implements ImageModelFamily {
    /** What a state dict's config.json calls its network. */
    static final String ARCHITECTURE = "architecture";

    private static final String CLASSES = "num_classes";
    private static final String LABELS = "label_names";
    private static final int RGB = 3;

    /** The network that a config.json with a {@code model_type} describes. */
    abstract NetworkPlan plan(ModelConfig config);

    /**
     * The network that a state dict holds.
     *
     * @param config what lies beside it, or what was told from the weights alone
     * @throws FinetuneException if it is another network than one of this family's
     */
    abstract NetworkPlan plan(Weights weights, ModelConfig config);

    /** What is done to a picture where the checkpoint doesn't say. */
    abstract Preprocessing preprocessing(NetworkPlan plan);

    /** The architecture's name in Transformers' config.json. */
    abstract String transformersArchitecture(Head head);

    private boolean isTransformers(ModelConfig config) {
        return config.has("model_type");
    }

    /** There is no attention in these networks, so that the layers to adapt are always named by who adapts them. */
    @Override
    public LayerNames layerNames(ModelConfig config) {
        return new LayerNames(List.of(), List.of(), List.of(), List.of("classifier", "fc", "linear"));
    }

    @Override
    public Optional<Head> savedHead(ModelConfig config) {
        if (isTransformers(config)) {
            final boolean classifies = config.strings("architectures").stream()
                    .anyMatch(architecture -> architecture.endsWith("ForImageClassification"));
            return classifies ? Optional.of(HeadConfig.read(config)) : Optional.empty();
        }
        if (HeadConfig.names(config)) {
            return Optional.of(HeadConfig.read(config));
        }
        final List<String> names = TimmConfig.labels(config);
        final int classes = TimmConfig.classes(config);
        if (classes < 2) {
            return Optional.empty();
        }
        config.outputs("num_classes", classes);
        return Optional.of(Heads.classes(
                names.size() == classes
                        ? names.toArray(new String[0])
                        : IntStream.range(0, classes)
                                .mapToObj(i -> "LABEL_" + i)
                                .toArray(String[]::new)));
    }

    @Override
    public Assembly<?> assemble(AssemblyRequest request) {
        if (request.maxLength() > 0) {
            throw new FinetuneException(
                    "maxLength(" + request.maxLength() + "), or max_length in the model's finetune.json, counts the"
                            + " tokens of texts, and this model reads pictures: leave it out; inputs(...) says what size"
                            + " they get.");
        }
        final ModelConfig config = request.config();
        final boolean needed = request.loadWeights() || !isTransformers(config);
        final Optional<Weights> weights = needed ? Optional.of(Weights.open(request.weights())) : Optional.empty();
        try {
            final NetworkPlan plan = isTransformers(config) ? plan(config) : plan(weights.orElseThrow(), config);
            if (!isTransformers(config)) {
                TimmConfig.checkFeatures(config, plan.features());
            }
            final Preprocessing preprocessing = preprocessing(request, plan);
            final CheckpointParameters source = new CheckpointParameters(
                    weights.filter(w -> request.loadWeights()),
                    new CheckpointParameters.Naming(
                            plan.prefix(),
                            name -> !plan.isHead().test(name),
                            name -> name.endsWith(".num_batches_tracked"),
                            plan.isHead(),
                            request.rows(),
                            Map.of(),
                            plan.isTrunk()),
                    request.seed());
            final Task task = Task.ofWholeInput(request.head(), request.loss());
            final Pixels pixels = new Pixels(request.memoryFormat());
            final Network network = request.adaptation()
                    .build(
                            source,
                            adapted -> new Network(plan.trunk().apply(adapted, pixels), head(plan, request, adapted)));
            try {
                return new Assembly<>(
                        network,
                        new ImageEncoder(
                                preprocessing,
                                request.augmentations(),
                                task.targets(),
                                request.head().labels().size(),
                                ImageLimits.DEFAULT,
                                OnBroken.FAIL),
                        task,
                        source.report(),
                        savedConfig(config, request.head(), plan));
            } catch (RuntimeException | Error e) {
                network.close();
                throw e;
            }
        } finally {
            weights.ifPresent(Weights::close);
        }
    }

    private static HeadModule head(NetworkPlan plan, AssemblyRequest request, ParameterSource source) {
        final Head head = request.head();
        if (head.pooling().isPresent()) {
            if (head.pooling().get() == Pooling.CLS) {
                throw new FinetuneException("Heads.features(CLS) takes the first token's vector, and pictures have no"
                        + " tokens: use Heads.features(MEAN), or embedder(Image.class), the mean over all places.");
            }
            return new PooledFeatures(plan.features());
        }
        final double dropout = Double.isNaN(request.dropout()) ? plan.dropout() : request.dropout();
        return plan.head().make(source, head.rows(), dropout);
    }

    private Preprocessing preprocessing(AssemblyRequest request, NetworkPlan plan) {
        final Preprocessing found = foundPreprocessing(request, plan);
        final int side = found.leastSide().orElse(plan.smallestSide());
        if (side < plan.smallestSide()) {
            throw new FinetuneException("The network reads pictures of " + plan.smallestSide() + " x "
                    + plan.smallestSide() + " and larger, and its preprocessing makes them " + side
                    + " high or wide, of which nothing would be left: give a larger size with inputs(...).");
        }
        return found;
    }

    private Preprocessing foundPreprocessing(AssemblyRequest request, NetworkPlan plan) {
        if (request.inputSettings().isPresent()) {
            if (request.inputSettings().get() instanceof Preprocessing said) {
                return said;
            }
            throw new FinetuneException(
                    "inputs(" + request.inputSettings().get() + "): an image model takes a Preprocessing.");
        }
        return Preprocessing.find(request.directory()).orElseGet(() -> preprocessing(plan));
    }

    private JsonObject savedConfig(ModelConfig config, Head head, NetworkPlan plan) {
        final JsonObject json = config.json();
        if (isTransformers(config)) {
            final JsonArray architectures = new JsonArray();
            architectures.add(transformersArchitecture(head));
            json.add("architectures", architectures);
            HeadConfig.write(json, head, head.labels());
            json.remove("torch_dtype");
            json.addProperty("dtype", "float32");
            return json;
        }
        json.addProperty("num_features", plan.features());
        json.remove(LABELS);
        json.remove("labels");
        json.remove("problem_type");
        if (head instanceof Head.Classification) {
            final JsonArray names = new JsonArray();
            head.labels().forEach(names::add);
            json.addProperty(CLASSES, head.labels().size());
            json.add(LABELS, names);
        } else {
            json.addProperty(CLASSES, head.labels().size());
            HeadConfig.write(json, head, head.labels());
        }
        if (json.get("pretrained_cfg") instanceof JsonObject pretrained) {
            pretrained.addProperty(CLASSES, json.get(CLASSES).getAsInt());
            pretrained.remove(LABELS);
        }
        return json;
    }

    /** Refuses a network that reads anything but the three channels of a picture. */
    static void checkChannels(long channels, String where) {
        if (channels != RGB) {
            throw new FinetuneException(where + (channels == 1 ? " channel" : " channels")
                    + ", but pictures have three (red, green, blue), and only networks of three channels are supported."
                    + " One that reads grey pictures becomes such a one by its first convolution's weight, three times"
                    + " and divided by 3.");
        }
    }

    /** A config.json for a state dict that came without one. */
    static JsonObject described(String architecture, Optional<Integer> classes) {
        final JsonObject json = new JsonObject();
        json.addProperty(ARCHITECTURE, architecture);
        classes.ifPresent(n -> json.addProperty(CLASSES, n));
        return json;
    }
}
