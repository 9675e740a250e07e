package dev.finetune.vision.net;

import dev.finetune.nn.Batch;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.MemoryFormat;

/** A batch's pictures in the memory format that convolutions are fastest in. */
final class Pixels {
    /** Pictures from this height on are laid out channels last. */
    private static final long LARGE = 128;

    private Pixels() {}

    static Tensor of(Batch batch) {
        final Tensor pixels = batch.get("pixel_values");
        return pixels.size(2) >= LARGE ? pixels.contiguous(MemoryFormat.ChannelsLast) : pixels;
    }
}
