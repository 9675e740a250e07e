package dev.finetune.vision.family;

import dev.finetune.FinetuneException;
import dev.finetune.checkpoint.Weights;
import dev.finetune.nn.Activation;
import dev.finetune.nn.Conv2d;
import dev.finetune.vision.net.BlockPlan;
import dev.finetune.vision.net.ConvPlan;
import dev.finetune.vision.net.ResNetPlan;
import dev.finetune.vision.net.ShortcutPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The network that a state dict holds, told from the names and shapes of its tensors: torchvision's and timm's ResNets
 * (wide ones and ResNeXts among them, plain and deep stems, projections by strided convolutions or by average pools),
 * and those for CIFAR, whose shortcuts have no parameters. A stride in a bottleneck is the 3 x 3 convolution's, as in
 * all of these (v1.5).
 */
final class StateDictResNetPlanner {
    private static final List<String> HEADS = List.of("fc", "linear", "classifier", "head.fc", "head");
    private static final List<String> SHORTCUTS = List.of("downsample", "shortcut");

    private final Weights weights;

    private StateDictResNetPlanner(Weights weights) {
        this.weights = weights;
    }

    /** Whether the tensors are named as those of a residual network. */
    static boolean recognises(Weights weights) {
        return weights.names().contains("layer1.0.conv1.weight")
                && weights.names().contains("layer1.0.bn1.weight");
    }

    /** The network; the trunk ends before the first stage that the state dict doesn't hold whole. */
    static ResNetPlan plan(Weights weights) {
        return new StateDictResNetPlanner(weights).plan();
    }

    /** How many classes the state dict's own classifier tells apart; empty where it doesn't fit the trunk. */
    static Optional<Integer> classes(Weights weights, ResNetPlan plan) {
        final String head = plan.head() + ".weight";
        if (!weights.names().contains(head)) {
            return Optional.empty();
        }
        final long[] shape = weights.describe(head).shape();
        return shape.length == 2 && shape[1] == plan.features()
                ? Optional.of(Math.toIntExact(shape[0]))
                : Optional.empty();
    }

    private ResNetPlan plan() {
        final List<ConvPlan> stem = stem();
        final ConvPlan last = stem.get(stem.size() - 1);
        final boolean small = stem.size() == 1 && last.shape().kernel() == 3;
        final List<List<BlockPlan>> stages = new ArrayList<>();
        long in = last.shape().out();
        for (int i = 1; isWhole("layer" + i); i++) {
            final List<BlockPlan> blocks = new ArrayList<>();
            for (int j = 0; has("layer" + i + "." + j + ".conv1.weight"); j++) {
                final BlockPlan block = block("layer" + i + "." + j, in, i > 1 && j == 0 ? 2 : 1);
                blocks.add(block);
                in = block.path().get(block.path().size() - 1).shape().out();
            }
            stages.add(blocks);
        }
        if (stages.isEmpty()) {
            throw new FinetuneException("The weights in " + weights.files()
                    + " hold no whole stage of a ResNet: layer1 lacks convolutions.");
        }
        final String head =
                HEADS.stream().filter(name -> has(name + ".weight")).findFirst().orElse("fc");
        return new ResNetPlan(stem, !small, stages, head, in, Activation.RELU);
    }

    private List<ConvPlan> stem() {
        if (has("conv1.weight")) {
            final long kernel = shape("conv1")[2];
            return List.of(conv("conv1", "bn1", kernel == 3 ? 1 : 2, 1));
        }
        // A deep stem: convolutions at 0, 3 and 6 of a sequence, the norm of the last outside it.
        return List.of(
                conv("conv1.0", "conv1.1", 2, 1), conv("conv1.3", "conv1.4", 1, 1), conv("conv1.6", "bn1", 1, 1));
    }

    /** Whether the first block has all its convolutions: some published weights lack the last stages. */
    private boolean isWhole(String stage) {
        final String block = stage + ".0";
        return has(block + ".conv1.weight")
                && has(block + ".conv2.weight")
                && (has(block + ".conv3.weight") || !has(block + ".bn3.weight"));
    }

    private BlockPlan block(String name, long in, long stride) {
        final List<ConvPlan> path = new ArrayList<>();
        if (has(name + ".conv3.weight")) {
            final long groups = shape(name + ".conv1")[0] / shape(name + ".conv2")[1];
            path.add(conv(name + ".conv1", name + ".bn1", 1, 1));
            path.add(conv(name + ".conv2", name + ".bn2", stride, groups));
            path.add(conv(name + ".conv3", name + ".bn3", 1, 1));
        } else {
            path.add(conv(name + ".conv1", name + ".bn1", stride, 1));
            path.add(conv(name + ".conv2", name + ".bn2", 1, 1));
        }
        final long out = path.get(path.size() - 1).shape().out();
        return new BlockPlan(path, shortcut(name, in, out, stride));
    }

    private ShortcutPlan shortcut(String name, long in, long out, long stride) {
        for (String shortcut : SHORTCUTS) {
            final String place = name + "." + shortcut;
            if (has(place + ".0.weight")) {
                return new ShortcutPlan.Projection(1, conv(place + ".0", place + ".1", stride, 1));
            }
            if (has(place + ".1.weight")) {
                return new ShortcutPlan.Projection(stride, conv(place + ".1", place + ".2", 1, 1));
            }
        }
        if (in == out && stride == 1) {
            return new ShortcutPlan.Identity();
        }
        return new ShortcutPlan.PadChannels(stride, (out - in) / 2, out - in - (out - in) / 2);
    }

    private ConvPlan conv(String name, String norm, long stride, long groups) {
        final long[] shape = shape(name);
        return new ConvPlan(
                name, norm, new Conv2d.Shape(shape[1] * groups, shape[0], shape[2], stride, shape[2] / 2, groups));
    }

    private boolean has(String name) {
        return weights.names().contains(name);
    }

    private long[] shape(String convolution) {
        final String name = convolution + ".weight";
        if (!has(name)) {
            throw new FinetuneException("The weights in " + weights.files() + " look like a ResNet's, but lack " + name
                    + "; this kind of ResNet is not supported.");
        }
        final long[] shape = weights.describe(name).shape();
        if (shape.length != 4) {
            throw new FinetuneException(name + " in " + weights.files()
                    + " should be a convolution's weight, with four dimensions, but has " + shape.length + ".");
        }
        return shape;
    }
}
