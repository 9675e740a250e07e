package dev.finetune.task;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** The factor of the focal loss. */
final class Focal {
    /** Keeps the gradient of a power below 1 finite where a row is certain. */
    private static final double SMALLEST = 1e-12;

    private Focal() {}

    /** (1 - p)^gamma from the losses -log p, through which gradients flow, too. */
    static Tensor factor(Tensor losses, double gamma) {
        return losses.neg().expm1().neg().clamp_min(new Scalar(SMALLEST)).pow(new Scalar(gamma));
    }
}
