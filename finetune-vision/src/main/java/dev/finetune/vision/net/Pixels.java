package dev.finetune.vision.net;

import dev.finetune.batch.MemoryFormat;
import dev.finetune.nn.Batch;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Elements;
import dev.finetune.nn.OperatorGraph.Size;
import dev.finetune.nn.OperatorGraph.Value;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Takes a batch's pictures in a memory format. What is computed from them keeps it, layer by layer.
 *
 * @param format the one that the user chose
 */
public record Pixels(MemoryFormat format) {
    /**
     * On two cores with AVX-512, ResNet-50 trains a fifth faster channels last; CIFAR's small pictures don't. GPUs convolve
     * channels last.
     */
    private static final long LARGE = 128;

    /** "pixel_values" (batch, channels, height, width). */
    Tensor of(Batch batch) {
        final Tensor pixels = batch.get("pixel_values");
        return channelsLast(pixels) ? pixels.contiguous(torch.MemoryFormat.ChannelsLast) : pixels.contiguous();
    }

    /** As {@link #of}, of pictures of any size. */
    static Value draw(OperatorGraph graph, long channels) {
        return graph.input(
                "pixel_values",
                Elements.FLOAT,
                Size.open("batch"),
                Size.fixed(channels),
                Size.open("height"),
                Size.open("width"));
    }

    private boolean channelsLast(Tensor pixels) {
        return format == MemoryFormat.CHANNELS_LAST
                || format == MemoryFormat.AUTO && (pixels.is_cuda() || pixels.size(2) >= LARGE);
    }
}
