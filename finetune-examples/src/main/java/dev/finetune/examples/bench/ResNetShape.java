package dev.finetune.examples.bench;

import dev.finetune.error.FinetuneException;
import dev.finetune.examples.WrongUsage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A residual network that is timed, as the names and shapes of its tensors in torchvision's state dicts.
 *
 * @param bottleneck whether blocks are bottlenecks, or two 3 x 3 convolutions
 * @param groups of the 3 x 3 convolutions of bottlenecks
 * @param groupWidth channels of each group in the first stage
 * @param depths blocks of each stage
 */
record ResNetShape(boolean bottleneck, long groups, long groupWidth, List<Integer> depths) {
    private static final int STEM = 64;
    private static final List<Integer> SHORT = List.of(2, 2, 2, 2);
    private static final List<Integer> USUAL = List.of(3, 4, 6, 3);
    private static final List<Integer> LONG = List.of(3, 4, 23, 3);

    static final List<String> NAMES =
            List.of("resnet18", "resnet34", "resnet50", "resnet101", "wide_resnet50_2", "resnext50_32x4d");

    /** Keeps its own copy. */
    ResNetShape {
        depths = List.copyOf(depths);
    }

    /**
     * The network of that name, as torchvision calls it.
     *
     * @throws FinetuneException if it is none of {@link #NAMES}
     */
    static ResNetShape named(String name) {
        return switch (name) {
            case "resnet18" -> new ResNetShape(false, 1, 64, SHORT);
            case "resnet34" -> new ResNetShape(false, 1, 64, USUAL);
            case "resnet50" -> new ResNetShape(true, 1, 64, USUAL);
            case "resnet101" -> new ResNetShape(true, 1, 64, LONG);
            case "wide_resnet50_2" -> new ResNetShape(true, 1, 128, USUAL);
            case "resnext50_32x4d" -> new ResNetShape(true, 32, 4, USUAL);
            default -> throw new WrongUsage("--arch " + name + ": there are " + NAMES + ".");
        };
    }

    /** The tensors of the trunk and of a head of so many classes. */
    Map<String, long[]> tensors(long classes) {
        final Map<String, long[]> all = new LinkedHashMap<>();
        convolution(all, "conv1", "bn1", STEM, 3, 7);
        long in = STEM;
        for (int stage = 0; stage < depths.size(); stage++) {
            final long plain = (long) STEM << stage;
            final long inner = bottleneck ? plain * groupWidth / STEM * groups : plain;
            final long out = bottleneck ? plain * 4 : plain;
            for (int block = 0; block < depths.get(stage); block++) {
                final String name = "layer" + (stage + 1) + "." + block + ".";
                if (bottleneck) {
                    convolution(all, name + "conv1", name + "bn1", inner, in, 1);
                    convolution(all, name + "conv2", name + "bn2", inner, inner / groups, 3);
                    convolution(all, name + "conv3", name + "bn3", out, inner, 1);
                } else {
                    convolution(all, name + "conv1", name + "bn1", out, in, 3);
                    convolution(all, name + "conv2", name + "bn2", out, out, 3);
                }
                if (in != out) {
                    convolution(all, name + "downsample.0", name + "downsample.1", out, in, 1);
                }
                in = out;
            }
        }
        all.put("fc.weight", new long[] {classes, in});
        all.put("fc.bias", new long[] {classes});
        return all;
    }

    private static void convolution(
            Map<String, long[]> all, String name, String norm, long out, long inOfGroup, long kernel) {
        all.put(name + ".weight", new long[] {out, inOfGroup, kernel, kernel});
        for (String part : List.of("weight", "bias", "running_mean", "running_var")) {
            all.put(norm + "." + part, new long[] {out});
        }
    }
}
