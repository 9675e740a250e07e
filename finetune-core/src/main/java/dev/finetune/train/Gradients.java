package dev.finetune.train;

import dev.finetune.internal.torch.Boxed;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.internal.torch.Workers;
import dev.finetune.nn.NonFinite;
import dev.finetune.nn.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Measures gradients. */
final class Gradients {
    /** Numbers that a core takes at once, at the most. */
    private static final long PIECE = 1 << 20;

    private Gradients() {}

    /** The global norm, on the CPU: the square root of the sum of the squares of all gradients, as torch's clip_grad_norm_. */
    static double norm(List<Parameter> parameters) {
        try (TensorScope scope = TensorScope.open()) {
            final List<Tensor> gradients = of(parameters);
            if (gradients.isEmpty()) {
                return 0;
            }
            return onAllCores(gradients);
        }
    }

    /** The gradients that there are, of those rows alone that have one where they are kept so; borrowed, in the current scope. */
    static List<Tensor> of(List<Parameter> parameters) {
        final List<Tensor> gradients = new ArrayList<>();
        for (Parameter parameter : parameters) {
            final Tensor gradient = parameter.gradient();
            if (gradient.defined()) {
                gradients.add(gradient);
            }
        }
        return gradients;
    }

    /** What of a parameter's gradient isn't finite, if there is a gradient. */
    static Optional<String> spoiled(Parameter parameter) {
        try (TensorScope scope = TensorScope.open()) {
            parameter.keepRowGradient(false);
            final Tensor gradient = parameter.value().grad();
            return gradient.defined() ? NonFinite.spoiled("it", gradient) : Optional.empty();
        }
    }

    /** LibTorch takes the norm of a tensor on one core. */
    private static double onAllCores(List<Tensor> gradients) {
        final List<Tensor> pieces = new ArrayList<>();
        gradients.forEach(gradient -> cut(gradient, pieces));
        final double[] norms = new double[pieces.size()];
        Workers.run(norms.length, (piece, worker) -> {
            try (TensorScope scope = TensorScope.open()) {
                norms[piece] = Tensors.scalar(pieces.get(piece).norm());
            }
        });
        double squares = 0;
        for (double norm : norms) {
            squares += norm * norm;
        }
        return Math.sqrt(squares);
    }

    private static void cut(Tensor gradient, List<Tensor> pieces) {
        final long count = gradient.numel();
        if (count <= PIECE || !gradient.is_contiguous()) {
            pieces.add(gradient);
            return;
        }
        final Tensor flat = gradient.view(-1);
        for (long from = 0; from < count; from += PIECE) {
            pieces.add(flat.narrow(0, from, Math.min(PIECE, count - from)));
        }
    }

    /** The global norm of gradients (one at least), as a tensor of one element where they are; nobody waits for it. */
    static Tensor normOnDevice(List<Tensor> gradients) {
        final List<Tensor> norms = Boxed.FOREACH_NORM.list(gradients, 2.0, Boxed.NONE);
        return torch.stack(new TensorVector(norms.toArray(new Tensor[0]))).norm();
    }

    /** What gradients are divided by to have at most the norm {@code max}, which isn't 0; of one element, like the norm. */
    static Tensor divisor(Tensor norm, double max) {
        return norm.add(new Scalar(1e-6)).div(new Scalar(max)).clamp_min(new Scalar(1));
    }

    /** What gradients of a norm are multiplied by to have at most the norm {@code max}; 1 where {@code max} is 0. */
    static double clip(double norm, double max) {
        return max == 0 ? 1 : Math.min(1, max / (norm + 1e-6));
    }
}
