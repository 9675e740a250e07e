package dev.finetune.lm.head;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * cap tanh(x / cap): logits that never leave -cap..cap (Gemma Team, "Gemma 2", 2024).
 *
 * @param cap positive
 */
record SoftCap(double cap) {
    /** tanh(x / cap), in place, where no gradient is recorded: what the other methods go on from. */
    Tensor tanh(Tensor logits) {
        return logits.div_(new Scalar(cap)).tanh_();
    }

    /** What is capped, from its tanh. */
    Tensor ofTanh(Tensor tanh) {
        return tanh.mul(new Scalar(cap));
    }

    /** The same of logits, with its gradient. */
    Tensor of(Tensor logits) {
        return logits.div(new Scalar(cap)).tanh().mul(new Scalar(cap));
    }

    /** Turns a gradient of what is capped into that of the logits, in place: times 1 - tanh^2. */
    void gradient(Tensor ofCapped, Tensor tanh) {
        ofCapped.mul_(tanh.square().neg_().add_(new Scalar(1f)));
    }
}
