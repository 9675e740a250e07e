package dev.finetune.nn;

import dev.finetune.internal.torch.DropoutMask;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * In training sets each element to zero with probability p and scales the rest by 1 / (1 - p), so that the expectation
 * stays (Srivastava et al., 2014); otherwise does nothing. Its random numbers come from the forward context, never from
 * the process.
 *
 * @param probability p, from 0 (never drop) to below 1
 */
public record Dropout(double probability) {
    /** Applies dropout if the context trains. */
    public Tensor forward(Tensor input, ForwardContext context) {
        if (!context.training() || probability == 0) {
            return input;
        }
        try (TensorScope scope = TensorScope.open()) {
            final double keep = DropoutMask.exactKeep(1 - probability);
            final Tensor drawn = DropoutMask.draw(context.nextKey(), keep, Tensors.shape(input));
            final Tensor mask = input.is_cuda() ? drawn.to(input.device(), ScalarType.Bool) : drawn;
            return scope.keep(torch.mul(input, mask).mul_(new Scalar(1 / keep)));
        }
    }
}
