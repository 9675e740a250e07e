package dev.finetune.vision.net;

import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;

/** The mean over height and width: (batch, channels, height, width) becomes (batch, channels). */
final class AveragePool {
    private AveragePool() {}

    static Tensor of(Tensor input) {
        return input.mean(new long[] {2, 3}, false, new ScalarTypeOptional());
    }
}
