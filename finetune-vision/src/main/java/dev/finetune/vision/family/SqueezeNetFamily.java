package dev.finetune.vision.family;

import com.google.gson.JsonObject;
import dev.finetune.checkpoint.Weights;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.nn.Conv2d;
import dev.finetune.spi.ModelConfig;
import dev.finetune.vision.image.Preprocessing;
import dev.finetune.vision.net.SqueezeNet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** SqueezeNet 1.0 and 1.1 (Iandola et al., 2016) as torchvision writes them: a state dict, told by its tensors. */
public final class SqueezeNetFamily extends VisionFamily {
    private static final String CLASSIFIER = "classifier.1";
    private static final double DROPOUT = 0.5;
    private static final List<String> VARIANTS = List.of("squeezenet", "squeezenet1_0", "squeezenet1_1");
    private static final Set<String> HARMLESS = Set.of("{}", "\"avg\"");

    /** For {@link java.util.ServiceLoader}. */
    public SqueezeNetFamily() {}

    @Override
    public String name() {
        return "SqueezeNet";
    }

    @Override
    public List<String> modelTypes() {
        return List.of("squeezenet");
    }

    @Override
    public boolean recognises(ModelConfig config) {
        return config.string(ARCHITECTURE, "").startsWith("squeezenet");
    }

    @Override
    public Optional<JsonObject> describe(Weights weights) {
        if (!weights.names().contains("features.3.squeeze.weight")) {
            return Optional.empty();
        }
        final String head = CLASSIFIER + ".weight";
        return Optional.of(described(
                "squeezenet",
                weights.names().contains(head)
                        ? Optional.of(Math.toIntExact(weights.describe(head).shape()[0]))
                        : Optional.empty()));
    }

    @Override
    NetworkPlan plan(ModelConfig config) {
        throw new FinetuneException(config.file() + ": SqueezeNet is read from torchvision's state dicts only, not as"
                + " model_type \"" + config.string("model_type", "") + "\".");
    }

    @Override
    NetworkPlan plan(Weights weights, ModelConfig config) {
        checkVariant(config);
        final SqueezeNet.Plan plan = network(weights);
        return new NetworkPlan(
                (source, pixels) -> SqueezeNet.trunk(plan, source, pixels),
                plan.features(),
                true,
                DROPOUT,
                "",
                name -> name.startsWith(CLASSIFIER + "."),
                name -> name.startsWith("features."),
                plan.smallestSide(),
                (source, outputs, dropout) ->
                        new SqueezeNet.Classifier(source.at(CLASSIFIER), plan.features(), outputs, dropout));
    }

    /** Others of that name have shortcuts or other blocks, and configurations no other arguments than none. */
    private static void checkVariant(ModelConfig config) {
        final String variant = config.string(ARCHITECTURE, "");
        if (!VARIANTS.contains(variant)) {
            throw new FinetuneException(config.file() + ": the architecture \"" + variant + "\" is not supported; of"
                    + " SqueezeNets these are: " + String.join(", ", VARIANTS) + ".");
        }
        for (String key : List.of("model_args", "global_pool")) {
            if (config.has(key) && !HARMLESS.contains(config.json().get(key).toString())) {
                throw new FinetuneException(config.file() + ": \"" + key + "\": "
                        + config.json().get(key) + " is not supported for a SqueezeNet: leave it out.");
            }
        }
    }

    /** The fire modules are where "features" has a squeeze; between two of them, what has no tensors is a pool. */
    private static SqueezeNet.Plan network(Weights weights) {
        final long[] stem = shape(weights, "features.0");
        checkChannels(stem[1], "features.0.weight in " + weights.files() + " reads " + stem[1]);
        final List<SqueezeNet.FirePlan> fires = new ArrayList<>();
        long in = stem[0];
        boolean pooled = false;
        for (int i = 2; has(weights, i) || has(weights, i + 1); i++) {
            if (!has(weights, i)) {
                pooled = true;
                continue;
            }
            final String place = "features." + i;
            final long expanded1 = shape(weights, place + ".expand1x1")[0];
            final long expanded3 = shape(weights, place + ".expand3x3")[0];
            fires.add(new SqueezeNet.FirePlan(
                    i, pooled, in, shape(weights, place + ".squeeze")[0], expanded1, expanded3));
            in = expanded1 + expanded3;
            pooled = false;
        }
        return new SqueezeNet.Plan(new Conv2d.Shape(stem[1], stem[0], stem[2], 2, 0, 1), fires);
    }

    private static boolean has(Weights weights, int index) {
        return weights.names().contains("features." + index + ".squeeze.weight");
    }

    private static long[] shape(Weights weights, String convolution) {
        final String name = convolution + ".weight";
        if (!weights.names().contains(name)) {
            throw new FinetuneException(
                    "The weights in " + weights.files() + " look like a SqueezeNet's, but lack " + name + ".");
        }
        return weights.describe(name).shape();
    }

    @Override
    Preprocessing preprocessing(NetworkPlan plan) {
        return Preprocessing.IMAGENET;
    }

    @Override
    String transformersArchitecture(Head head) {
        throw new FinetuneException("SqueezeNet has no config.json of Transformers.");
    }
}
