package dev.finetune.nn;

import dev.finetune.internal.torch.CudaRandom;
import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.DropoutMask;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.internal.torch.Workers;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * In training sets each element to zero with probability p and scales the rest by 1 / (1 - p), so that the expectation
 * stays (Srivastava et al., 2014); otherwise does nothing. Its random numbers come from the forward context, never from
 * the process: on the CPU from {@link DropoutMask}, on a GPU from LibTorch's kernel with the context's key, or from the
 * context's masks where it has some.
 *
 * @param probability p, from 0 (never drop) to below 1
 */
public record Dropout(double probability) {
    private static final long PIECE = 1 << 16;

    /**
     * Applies dropout if the context trains.
     *
     * @param input of any shape (borrowed)
     * @param context of this pass: whether it trains, and what dropout draws from
     * @return a tensor of the same shape, in the current scope, or the input itself
     */
    public Tensor forward(Tensor input, ForwardContext context) {
        if (!context.training() || probability == 0) {
            return input;
        }
        final long key = context.nextKey();
        if (context.masks().isPresent()) {
            return context.masks().get().apply(input, probability, key);
        }
        if (input.is_cuda()) {
            return CudaRandom.keyed(key, () -> torch.dropout(input, probability, true));
        }
        final double keep = DropoutMask.exactKeep(1 - probability);
        try (TensorScope scope = TensorScope.open()) {
            if (CustomGradients.payFor(input)) {
                return scope.keep(CustomGradients.output(
                        piecewise(input, keep, key),
                        List.of(input),
                        List.of(),
                        (gradient, nothing, gradients) -> gradients.set(0, piecewise(gradient, keep, key))));
            }
            final Tensor mask = DropoutMask.draw(key, keep, (float) (1 / keep), Tensors.shape(input));
            return scope.keep(torch.mul(input, mask).to(input.scalar_type()));
        }
    }

    /**
     * The mask is drawn where the result will be, unless that is in 16 bits, a piece at a time, and multiplied while it is in the
     * cache.
     */
    private static Tensor piecewise(Tensor input, double keep, long key) {
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            final Tensor from = input.contiguous();
            final Tensor output = torch.empty_like(from);
            final Tensor flat = from.view(-1);
            final Tensor flatOutput = output.view(-1);
            final long count = input.numel();
            final boolean isHalf = Mixed.isHalf(input);
            Workers.run(Math.toIntExact((count + PIECE - 1) / PIECE), (number, worker) -> {
                try (TensorScope piece = TensorScope.open()) {
                    final long first = number * PIECE;
                    final long some = Math.min(PIECE, count - first);
                    final Tensor part = flatOutput.narrow(0, first, some);
                    final Tensor mask = isHalf ? torch.empty(some) : part;
                    DropoutMask.drawInto(mask, key, keep, first, (float) (1 / keep));
                    mask.mul_(flat.narrow(0, first, some));
                    if (isHalf) {
                        part.copy_(mask);
                    }
                }
            });
            return scope.keep(output);
        }
    }
}
