package dev.finetune.train;

import dev.finetune.internal.torch.Boxed;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Parameter;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Measures gradients. */
final class Gradients {
    private Gradients() {}

    /** The global norm: the square root of the sum of the squares of all gradients, as torch's clip_grad_norm_. */
    static double norm(List<Parameter> parameters) {
        try (TensorScope scope = TensorScope.open()) {
            final List<Tensor> gradients = new ArrayList<>();
            for (Parameter parameter : parameters) {
                final Tensor gradient = parameter.value().grad();
                if (gradient.defined()) {
                    gradients.add(gradient);
                }
            }
            if (gradients.isEmpty()) {
                return 0;
            }
            final List<Tensor> norms = Boxed.FOREACH_NORM.list(gradients, 2.0, Boxed.NONE);
            return Tensors.scalar(
                    torch.stack(new TensorVector(norms.toArray(new Tensor[0]))).norm());
        }
    }

    /** What gradients of a norm are multiplied by to have at most the norm {@code max}; 1 where {@code max} is 0. */
    static double clip(double norm, double max) {
        return max == 0 ? 1 : Math.min(1, max / (norm + 1e-6));
    }
}
