package dev.finetune.vision.net;

import dev.finetune.nn.Batch;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.MemoryFormat;

/** A batch's pictures in the memory format that convolutions are fastest in: channels last. */
final class Pixels {
    private Pixels() {}

    static Tensor of(Batch batch) {
        return batch.get("pixel_values").contiguous(MemoryFormat.ChannelsLast);
    }
}
