package dev.finetune.vision.family;

import com.google.gson.JsonObject;
import dev.finetune.checkpoint.Weights;
import dev.finetune.head.Head;
import dev.finetune.nn.Activation;
import dev.finetune.spi.ModelConfig;
import dev.finetune.vision.image.Crop;
import dev.finetune.vision.image.Preprocessing;
import dev.finetune.vision.image.Resize;
import dev.finetune.vision.net.LinearClassifier;
import dev.finetune.vision.net.ResNet;
import dev.finetune.vision.net.ResNetPlan;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Residual networks (He et al., "Deep residual learning for image recognition", 2016): ResNet-18 to 152, wide ones,
 * ResNeXt, and those for CIFAR, as Transformers, timm, torchvision and training scripts write them.
 */
public final class ResNetFamily extends VisionFamily {
    private static final int CIFAR_SIZE = 32;

    /** For {@link java.util.ServiceLoader}. */
    public ResNetFamily() {}

    @Override
    public String name() {
        return "ResNet";
    }

    @Override
    public List<String> modelTypes() {
        return List.of("resnet");
    }

    @Override
    public boolean recognises(ModelConfig config) {
        if (config.has("model_type")) {
            return modelTypes().contains(config.string("model_type", ""));
        }
        final String architecture = config.string(ARCHITECTURE, "").toLowerCase(Locale.ROOT);
        return architecture.contains("resnet") || architecture.contains("resnext");
    }

    @Override
    public Optional<JsonObject> describe(Weights weights) {
        if (!StateDictResNetPlanner.recognises(weights)) {
            return Optional.empty();
        }
        final ResNetPlan plan = StateDictResNetPlanner.plan(weights, Activation.RELU, Optional.empty());
        return Optional.of(described("resnet", StateDictResNetPlanner.classes(weights, plan)));
    }

    @Override
    NetworkPlan plan(ModelConfig config) {
        return network(TransformersResNetPlanner.plan(config), 0, "resnet", TransformersResNetPlanner::isOfTrunk);
    }

    @Override
    NetworkPlan plan(Weights weights, ModelConfig config) {
        final TimmConfig said = TimmConfig.of(config);
        final ResNetPlan plan = StateDictResNetPlanner.plan(weights, said.activation(), said.classifier());
        return network(
                plan,
                said.dropout(),
                "",
                name -> StateDictResNetPlanner.isOfTrunk(name, plan.stages().size()));
    }

    private static NetworkPlan network(ResNetPlan plan, double usualDropout, String prefix, Predicate<String> isTrunk) {
        return new NetworkPlan(
                (source, pixels) -> ResNet.trunk(plan, source, pixels),
                plan.features(),
                plan.pooled(),
                usualDropout,
                prefix,
                name -> name.startsWith(plan.head() + "."),
                isTrunk,
                1,
                (source, outputs, dropout) ->
                        new LinearClassifier(source.at(plan.head()), plan.features(), outputs, dropout));
    }

    @Override
    Preprocessing preprocessing(NetworkPlan plan) {
        return plan.large()
                ? Preprocessing.IMAGENET
                : Preprocessing.IMAGENET
                        .withResize(new Resize.Exact(CIFAR_SIZE, CIFAR_SIZE))
                        .withCrop(new Crop.None());
    }

    @Override
    String transformersArchitecture(Head head) {
        return head instanceof Head.Features ? "ResNetModel" : "ResNetForImageClassification";
    }
}
