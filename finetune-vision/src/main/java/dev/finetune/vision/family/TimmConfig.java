package dev.finetune.vision.family;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import dev.finetune.nn.Activation;
import dev.finetune.spi.ModelConfig;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the config.json beside a state dict says of its ResNet, in timm's keys: {@code architecture} and {@code model_args}
 * (the arguments of timm's {@code ResNet}), {@code global_pool}, {@code num_features} and {@code pretrained_cfg}. What the
 * tensors say as well is left to them; what changes the computation and can't be seen in them is obeyed or refused by
 * name.
 *
 * @param activation in the stem and the blocks
 * @param dropout before the classifier
 * @param classifier the dotted name of the classifier, if it is said
 */
record TimmConfig(Activation activation, double dropout, Optional<String> classifier) {
    /** The names, timm's and torchvision's old ones too, of what is nothing but a ResNet, wide or divided into groups. */
    private static final Pattern PLAIN = Pattern.compile("(?:(?:tv|gluon|ssl|swsl|ig|test)_)?(?:wide_)?res(?:net|next)"
            + "(?:\\d+[cdst]?)?(?:_v1[bcdes])?(?:_2)?(?:_\\d+x\\d+d)?(?:\\.\\w+)?");

    /** Arguments that are obeyed, that names and shapes of tensors say as well, or that matter only to new networks. */
    private static final Set<String> HARMLESS = Set.of(
            "layers",
            "num_classes",
            "cardinality",
            "base_width",
            "stem_width",
            "stem_type",
            "block_reduce_first",
            "down_kernel_size",
            "avg_down",
            "channels",
            "zero_init_last",
            "act_layer",
            "drop_rate");

    /** Arguments of which only some values leave the computation as it is, spelled as JSON in lower case. */
    private static final Map<String, Set<String>> ONLY = Map.of(
            "in_chans", Set.of("3"),
            "output_stride", Set.of("32"),
            "global_pool", Set.of("avg", "fast", "fastavg"),
            "replace_stem_pool", Set.of("false"),
            "norm_layer", Set.of("batchnorm", "batchnorm2d"),
            "aa_layer", Set.of(""),
            "drop_path_rate", Set.of("0", "0.0"),
            "drop_block_rate", Set.of("0", "0.0"),
            "block_args", Set.of("{}"));

    /** timm's names where they aren't those of Transformers. */
    private static final Map<String, String> ACTIVATIONS =
            Map.of("gelu_tanh", "gelu_pytorch_tanh", "hard_swish", "hardswish", "identity", "linear");

    /**
     * Reads what is said.
     *
     * @throws FinetuneException if it is something else than a plain ResNet, or changes one in a way that isn't supported
     */
    static TimmConfig of(ModelConfig config) {
        final String architecture = config.string(VisionFamily.ARCHITECTURE, "");
        if (!PLAIN.matcher(architecture.toLowerCase(Locale.ROOT)).matches()) {
            throw new FinetuneException(config.file() + ": the architecture \"" + architecture + "\" is not supported."
                    + " Supported are plain ResNets, wide ones and ResNeXts with any of timm's stems and shortcuts"
                    + " (resnet18, resnet50d, wide_resnet50_2, resnext50_32x4d ...), without attention, anti-aliasing or"
                    + " other norms. If it is one of them under a name of your own, call it \"resnet\".");
        }
        check(config, "global_pool", config.json().get("global_pool"));
        final ModelConfig arguments = object(config, "model_args");
        arguments.json().asMap().forEach((key, value) -> check(config, key, value));
        final ModelConfig pretrained = object(config, "pretrained_cfg");
        if (pretrained.integer("label_offset", 0) != 0) {
            throw new FinetuneException(config.file() + ": pretrained_cfg says \"label_offset\": "
                    + pretrained.integer("label_offset", 0)
                    + ", which is not supported: remove that many of the classifier's first rows, and the entry.");
        }
        final double dropout = arguments.number("drop_rate", 0);
        if (!(dropout >= 0 && dropout < 1)) {
            throw new FinetuneException(config.file() + ": model_args says \"drop_rate\": " + dropout
                    + ", expected at least 0 and below 1.");
        }
        return new TimmConfig(activation(arguments), dropout, classifier(pretrained));
    }

    /** Some networks of timm's have a list of them, ResNets one. */
    private static Optional<String> classifier(ModelConfig pretrained) {
        return Optional.ofNullable(pretrained.json().get("classifier"))
                .filter(JsonElement::isJsonPrimitive)
                .map(JsonElement::getAsString);
    }

    /** The names of the classes, empty where there are none: at the top, or where older versions of timm put them. */
    static List<String> labels(ModelConfig config) {
        return Stream.of(
                        config.strings("label_names"),
                        object(config, "pretrained_cfg").strings("label_names"),
                        config.strings("labels"))
                .filter(names -> !names.isEmpty())
                .findFirst()
                .orElse(List.of());
    }

    /** How many classes the classifier tells apart, 0 where it isn't said. */
    static int classes(ModelConfig config) {
        return config.integer(
                "num_classes",
                object(config, "pretrained_cfg")
                        .integer("num_classes", labels(config).size()));
    }

    /** Refuses a trunk that gives another number of channels than the configuration says. */
    static void checkFeatures(ModelConfig config, long features) {
        final int said = config.integer("num_features", 0);
        if (said > 0 && said != features) {
            throw new FinetuneException(config.file() + ": \"num_features\" is " + said
                    + ", but the network in the weights gives " + features + ": they don't belong together.");
        }
    }

    private static Activation activation(ModelConfig arguments) {
        final String said = arguments.string("act_layer", "relu").toLowerCase(Locale.ROOT);
        try {
            return Activation.named(ACTIVATIONS.getOrDefault(said, said));
        } catch (FinetuneException e) {
            throw new FinetuneException(arguments.file() + ", model_args, act_layer: " + e.getMessage(), e);
        }
    }

    private static void check(ModelConfig config, String key, @Nullable JsonElement value) {
        if (value == null || value.isJsonNull() || HARMLESS.contains(key)) {
            return;
        }
        final Set<String> allowed = ONLY.get(key);
        if (allowed == null) {
            throw new FinetuneException(config.file() + ": model_args says \"" + key + "\": " + value
                    + ", which is not known, and might change what the network computes.");
        }
        if (!allowed.contains(text(value))) {
            throw new FinetuneException(config.file() + ": \"" + key + "\": " + value + " is not supported"
                    + allowed.stream()
                            .filter(Predicate.not(String::isEmpty))
                            .sorted()
                            .findFirst()
                            .map(usual -> " (only " + usual + " is)")
                            .orElse("")
                    + ".");
        }
    }

    /** The object of that name, empty where there is none. */
    private static ModelConfig object(ModelConfig config, String key) {
        if (!config.has(key)) {
            return ModelConfig.of(config.file(), new JsonObject());
        }
        if (config.json().get(key) instanceof JsonObject found) {
            return ModelConfig.of(config.file(), found);
        }
        throw new FinetuneException(config.file() + ": \"" + key + "\" should be an object, but is "
                + config.json().get(key) + ".");
    }

    private static String text(JsonElement value) {
        return (value.isJsonPrimitive() ? value.getAsString() : value.toString()).toLowerCase(Locale.ROOT);
    }
}
