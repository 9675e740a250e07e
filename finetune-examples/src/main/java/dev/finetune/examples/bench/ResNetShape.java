package dev.finetune.examples.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The residual networks that are timed, as the names and shapes of their tensors in torchvision's state dicts. */
enum ResNetShape {
    /** Basic blocks, 2, 2, 2 and 2. */
    RESNET18(false, 1, 64, 2, 2, 2, 2),
    /** Basic blocks, 3, 4, 6 and 3. */
    RESNET34(false, 1, 64, 3, 4, 6, 3),
    /** Bottlenecks, 3, 4, 6 and 3. */
    RESNET50(true, 1, 64, 3, 4, 6, 3),
    /** Bottlenecks, 3, 4, 23 and 3. */
    RESNET101(true, 1, 64, 3, 4, 23, 3),
    /** ResNet-50 with 3 x 3 convolutions of twice the width (Zagoruyko and Komodakis, 2016). */
    WIDE_RESNET50_2(true, 1, 128, 3, 4, 6, 3),
    /** ResNet-50 with 3 x 3 convolutions of 32 groups of 4 channels (Xie et al., 2017). */
    RESNEXT50_32X4D(true, 32, 4, 3, 4, 6, 3);

    private static final int STEM = 64;

    private final boolean bottleneck;
    private final long groups;
    private final long groupWidth;
    private final List<Integer> depths;

    ResNetShape(boolean bottleneck, long groups, long groupWidth, Integer... depths) {
        this.bottleneck = bottleneck;
        this.groups = groups;
        this.groupWidth = groupWidth;
        this.depths = List.of(depths);
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
