package dev.finetune.vision.net;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The 3 x 3 maximum pool of stride 2. */
final class MaxPool {
    private MaxPool() {}

    static Tensor of(Tensor input, long padding, boolean ceiling) {
        return torch.max_pool2d(
                input, new long[] {3, 3}, new long[] {2, 2}, new long[] {padding, padding}, new long[] {1, 1}, ceiling);
    }
}
