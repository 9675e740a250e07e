package dev.finetune.vision.family;

import dev.finetune.checkpoint.Weights;
import dev.finetune.error.FinetuneException;
import dev.finetune.nn.Activation;
import dev.finetune.nn.Conv2d;
import dev.finetune.vision.net.BlockPlan;
import dev.finetune.vision.net.ConvPlan;
import dev.finetune.vision.net.ResNetPlan;
import dev.finetune.vision.net.ShortcutPlan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The network that a state dict holds, told from the names and shapes of its tensors: torchvision's and timm's ResNets
 * (wide ones and ResNeXts among them, plain and deep stems, projections by strided convolutions or by average pools),
 * and those for CIFAR, whose shortcuts have no parameters. A stride in a bottleneck is the 3 x 3 convolution's, as in
 * all of these (v1.5). What isn't laid out as one of these is refused.
 */
final class StateDictResNetPlanner {
    private static final List<String> HEADS = List.of("fc", "linear", "classifier", "head.fc", "head");
    private static final List<String> SHORTCUTS = List.of("downsample", "shortcut");

    /** What a trunk's tensors start with; everything else is a head's, or of something that came after the trunk. */
    private static final Pattern TRUNK =
            Pattern.compile("(?:layer|conv|bn|norm|stage)\\d*\\..*|(?:stem|maxpool|attnpool|features?)\\..*");

    /** The tensors of a plain residual block. */
    private static final Pattern PLAIN = Pattern.compile(
            "layer(\\d+)\\.\\d+\\.(?:conv[123]\\.weight|bn[123]\\.\\w+" + "|(?:downsample|shortcut)\\.\\d\\.\\w+)");

    private final Weights weights;
    private final Activation activation;
    private final Optional<String> classifier;

    private StateDictResNetPlanner(Weights weights, Activation activation, Optional<String> classifier) {
        this.weights = weights;
        this.activation = activation;
        this.classifier = classifier;
    }

    /** Whether the tensors are named as those of a residual network. */
    static boolean recognises(Weights weights) {
        return weights.names().contains("layer1.0.conv1.weight")
                && weights.names().contains("layer1.0.bn1.weight");
    }

    /**
     * The network; the trunk ends before the first stage that the state dict doesn't hold whole.
     *
     * @param activation in the stem and the blocks
     * @param classifier the dotted name of the classifier, where it is known
     * @throws FinetuneException if the tensors aren't those of a plain residual network
     */
    static ResNetPlan plan(Weights weights, Activation activation, Optional<String> classifier) {
        return new StateDictResNetPlanner(weights, activation, classifier).plan();
    }

    /** Whether a stored tensor belongs to a trunk of so many stages, so that the network has to have a place for it. */
    static boolean isOfTrunk(String name, int stages) {
        final Matcher plain = PLAIN.matcher(name);
        final boolean afterItsEnd = plain.matches() && Long.parseLong(plain.group(1)) > stages;
        return TRUNK.matcher(name).matches() && !afterItsEnd;
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
        final String head = Stream.concat(classifier.stream(), HEADS.stream())
                .filter(name -> has(name + ".weight"))
                .findFirst()
                .orElse("fc");
        return new ResNetPlan(stem, !small, stages, head, in, activation, activation);
    }

    private List<ConvPlan> stem() {
        final String first = has("conv1.weight") ? "conv1" : "conv1.0";
        final long channels = shape(first)[1];
        VisionFamily.checkChannels(channels, first + ".weight in " + weights.files() + " reads " + channels);
        if (first.equals("conv1")) {
            final long kernel = shape("conv1")[2];
            return List.of(conv("conv1", "bn1", channels, kernel == 3 ? 3 : 7, kernel == 3 ? 1 : 2, 1));
        }
        // A deep stem: convolutions at 0, 3 and 6 of a sequence, the norm of the last outside it.
        final ConvPlan one = conv("conv1.0", "conv1.1", channels, 3, 2, 1);
        final ConvPlan two = conv("conv1.3", "conv1.4", one.shape().out(), 3, 1, 1);
        return List.of(one, two, conv("conv1.6", "bn1", two.shape().out(), 3, 1, 1));
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
            final long narrow = shape(name + ".conv1")[0];
            final long groups = Math.max(1, narrow / shape(name + ".conv2")[1]);
            path.add(conv(name + ".conv1", name + ".bn1", in, 1, 1, 1));
            path.add(conv(name + ".conv2", name + ".bn2", narrow, 3, stride, groups));
            path.add(conv(name + ".conv3", name + ".bn3", shape(name + ".conv2")[0], 1, 1, 1));
        } else {
            path.add(conv(name + ".conv1", name + ".bn1", in, 3, stride, 1));
            path.add(conv(name + ".conv2", name + ".bn2", shape(name + ".conv1")[0], 3, 1, 1));
        }
        final long out = path.get(path.size() - 1).shape().out();
        return new BlockPlan(path, shortcut(name, in, out, stride));
    }

    private ShortcutPlan shortcut(String name, long in, long out, long stride) {
        for (String shortcut : SHORTCUTS) {
            final String place = name + "." + shortcut;
            if (has(place + ".0.weight")) {
                final long kernel = shape(place + ".0")[2] == 3 ? 3 : 1; // 3 in SENet-154's kin
                return fitting(
                        new ShortcutPlan.Projection(1, conv(place + ".0", place + ".1", in, kernel, stride, 1)), out);
            }
            if (has(place + ".1.weight")) {
                return fitting(new ShortcutPlan.Projection(stride, conv(place + ".1", place + ".2", in, 1, 1, 1)), out);
            }
        }
        if (in == out && stride == 1) {
            return new ShortcutPlan.Identity();
        }
        if (out < in) {
            throw new FinetuneException(name + " in " + weights.files() + " gives " + out + " channels, fewer than the "
                    + in + " that it reads, without a projection: this kind of ResNet is not supported.");
        }
        return new ShortcutPlan.PadChannels(stride, (out - in) / 2, out - in - (out - in) / 2);
    }

    private ShortcutPlan fitting(ShortcutPlan.Projection projection, long out) {
        if (projection.projection().shape().out() != out) {
            throw new FinetuneException(projection.projection().convolution() + " in " + weights.files() + " gives "
                    + projection.projection().shape().out() + " channels, but what it is added to has " + out
                    + ": the weights don't fit together.");
        }
        return projection;
    }

    /** A convolution of the file's, as far as it is what a plain ResNet has there. */
    private ConvPlan conv(String name, String norm, long in, long kernel, long stride, long groups) {
        final long[] shape = shape(name);
        final long out = shape[0];
        if (shape[2] != kernel || shape[3] != kernel) {
            throw new FinetuneException(name + " in " + weights.files() + " is a convolution of " + shape[2] + " x "
                    + shape[3] + ", where a ResNet has one of " + kernel + " x " + kernel
                    + ": this kind of ResNet is not supported.");
        }
        if (shape[1] * groups != in) {
            throw new FinetuneException(name + " in " + weights.files() + " reads " + shape[1] * groups
                    + " channels, but what comes before it gives " + in + ": the weights don't fit together.");
        }
        final String scale = norm + ".weight";
        if (in != out && has(scale) && Arrays.equals(weights.describe(scale).shape(), new long[] {in})) {
            throw new FinetuneException(norm + " in " + weights.files() + " has the " + in + " channels that " + name
                    + " reads, so it comes before it: ResNets with pre-activation (version 2) are not supported.");
        }
        return new ConvPlan(name, norm, new Conv2d.Shape(in, out, kernel, stride, kernel / 2, groups));
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
