package dev.finetune.vision.family;

import dev.finetune.error.FinetuneException;
import dev.finetune.nn.Activation;
import dev.finetune.nn.Conv2d;
import dev.finetune.spi.ModelConfig;
import dev.finetune.vision.net.BlockPlan;
import dev.finetune.vision.net.ConvPlan;
import dev.finetune.vision.net.ResNetPlan;
import dev.finetune.vision.net.ShortcutPlan;
import java.util.ArrayList;
import java.util.List;

/** The network that a config.json of Transformers' ResNet describes, with its parameters' names. */
final class TransformersResNetPlanner {
    /** ResNet-1202, the deepest that was published, has 600. */
    private static final int MOST_BLOCKS = 4096;

    private static final String TRUNK = "resnet.";
    private static final long REDUCTION = 4;

    private final ModelConfig config;
    private final boolean bottleneck;
    private final boolean strideFirst;

    private TransformersResNetPlanner(ModelConfig config) {
        this.config = config;
        this.bottleneck = switch (config.string("layer_type", "bottleneck")) {
            case "bottleneck" -> true;
            case "basic" -> false;
            default ->
                throw new FinetuneException(config.file() + ": \"layer_type\" should be basic or bottleneck, but is \""
                        + config.string("layer_type", "") + "\".");
        };
        this.strideFirst = config.bool("downsample_in_bottleneck", false);
    }

    static ResNetPlan plan(ModelConfig config) {
        return new TransformersResNetPlanner(config).plan();
    }

    /** Whether a stored tensor is the trunk's; a base model is saved without the prefix. */
    static boolean isOfTrunk(String name) {
        return name.startsWith(TRUNK) || name.startsWith("embedder.") || name.startsWith("encoder.");
    }

    private ResNetPlan plan() {
        final List<Integer> widths = config.integers("hidden_sizes", List.of(256, 512, 1024, 2048));
        final List<Integer> depths = config.integers("depths", List.of(3, 4, 6, 3));
        if (widths.isEmpty() || widths.size() != depths.size()) {
            throw new FinetuneException(
                    config.file() + ": \"hidden_sizes\" and \"depths\" should be lists of one length," + " but are "
                            + widths + " and " + depths + ".");
        }
        if (depths.stream().mapToLong(Integer::longValue).sum() > MOST_BLOCKS
                || depths.stream().anyMatch(depth -> depth > MOST_BLOCKS)) {
            throw new FinetuneException(config.file() + ": \"depths\" is " + depths + ": networks of more than "
                    + MOST_BLOCKS + " blocks are not built.");
        }
        final long embedded = config.size("embedding_size", 64);
        final int channels = config.size("num_channels", 3);
        VisionFamily.checkChannels(channels, config.file() + ": \"num_channels\" is " + channels);
        final ConvPlan stem = conv("embedder.embedder", Conv2d.Shape.of(channels, embedded, 7, 2));
        final List<List<BlockPlan>> stages = new ArrayList<>();
        long in = embedded;
        for (int i = 0; i < widths.size(); i++) {
            final boolean halves = i > 0 || config.bool("downsample_in_first_stage", false);
            final List<BlockPlan> blocks = new ArrayList<>();
            for (int j = 0; j < depths.get(i); j++) {
                blocks.add(block("encoder.stages." + i + ".layers." + j, in, widths.get(i), j == 0 && halves ? 2 : 1));
                in = widths.get(i);
            }
            stages.add(blocks);
        }
        return new ResNetPlan(
                List.of(stem),
                true,
                stages,
                "classifier.1",
                in,
                config.activation("hidden_act", "relu"),
                Activation.RELU); // Transformers has hidden_act in the stem and after the sums only.
    }

    private BlockPlan block(String name, long in, long out, long stride) {
        final List<ConvPlan> path = new ArrayList<>();
        if (bottleneck) {
            final long narrow = out / REDUCTION;
            path.add(conv(name + ".layer.0", Conv2d.Shape.of(in, narrow, 1, strideFirst ? stride : 1)));
            path.add(conv(name + ".layer.1", Conv2d.Shape.of(narrow, narrow, 3, strideFirst ? 1 : stride)));
            path.add(conv(name + ".layer.2", Conv2d.Shape.of(narrow, out, 1, 1)));
        } else {
            path.add(conv(name + ".layer.0", Conv2d.Shape.of(in, out, 3, stride)));
            path.add(conv(name + ".layer.1", Conv2d.Shape.of(out, out, 3, 1)));
        }
        return new BlockPlan(
                path,
                in == out && stride == 1
                        ? new ShortcutPlan.Identity()
                        : new ShortcutPlan.Projection(
                                1, conv(name + ".shortcut", Conv2d.Shape.of(in, out, 1, stride))));
    }

    private static ConvPlan conv(String name, Conv2d.Shape shape) {
        return new ConvPlan(TRUNK + name + ".convolution", TRUNK + name + ".normalization", shape);
    }
}
