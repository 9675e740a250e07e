package dev.finetune.bert;

import dev.finetune.nn.Activation;
import org.bytedeco.pytorch.Tensor;

/** Gated linear units (Dauphin et al., 2017; Shazeer, "GLU variants improve Transformer", 2020). */
final class Gated {
    private Gated() {}

    /** {@return activation(u) g, (..., width), of u and g that lie side by side: (..., 2 width)} */
    static Tensor forward(Activation activation, Tensor both) {
        final long width = both.size(-1) / 2;
        return activation.forward(both.narrow(-1, 0, width)).mul(both.narrow(-1, width, width));
    }
}
