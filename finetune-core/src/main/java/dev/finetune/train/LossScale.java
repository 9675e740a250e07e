package dev.finetune.train;

import dev.finetune.internal.torch.Boxed;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.Parameter;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * What losses are multiplied by before the backward pass, and gradients divided by after it, so that small gradients
 * don't vanish in float16 (Micikevicius et al., "Mixed precision training", 2018). Dynamic as PyTorch's GradScaler: it
 * begins with 65,536, is halved when gradients overflow, which makes the step one that changes nothing, and doubled
 * after 2,000 steps without. A power of two, so that nothing is rounded.
 */
final class LossScale {
    private static final double FIRST = 65536;
    private static final long GROWS_AFTER = 2000;

    private final boolean dynamic;
    private double factor;
    private long steps;
    private long skipped;

    private LossScale(boolean dynamic) {
        this.dynamic = dynamic;
        this.factor = dynamic ? FIRST : 1;
    }

    /** For float16. */
    static LossScale dynamic() {
        return new LossScale(true);
    }

    /** For other precisions: 1, always. */
    static LossScale none() {
        return new LossScale(false);
    }

    /** What losses are multiplied by. */
    double factor() {
        return factor;
    }

    /** How many steps changed nothing; the learning rate's schedule doesn't count them. */
    long skipped() {
        return skipped;
    }

    /** Divides gradients in place. */
    void unscale(List<Parameter> trained) {
        if (factor == 1) {
            return;
        }
        try (TensorScope scope = TensorScope.open()) {
            final List<Tensor> gradients = Gradients.of(trained);
            if (!gradients.isEmpty()) {
                Boxed.FOREACH_MUL.run(gradients, 1 / factor);
            }
        }
    }

    /** Counts a step whose gradients were finite. */
    void stepped() {
        if (dynamic && ++steps == GROWS_AFTER) {
            steps = 0;
            factor = Math.min(2 * factor, 0x1p127); // What float32 holds, as the loss is computed in it.
        }
    }

    /**
     * Counts a step whose gradients weren't finite.
     *
     * @return whether it may be that they were only scaled too much; if not, they aren't finite unscaled, either
     */
    boolean overflowed() {
        if (!dynamic || factor <= 1) {
            return false;
        }
        steps = 0;
        skipped++;
        factor /= 2;
        return true;
    }

    /**
     * What it came to.
     *
     * @param factor what losses are multiplied by
     * @param steps how many were finite since it changed
     * @param skipped how many changed nothing
     */
    record State(double factor, long steps, long skipped) {
        /** Where it begins in other precisions than float16. */
        static final State NONE = new State(1, 0, 0);
    }

    State state() {
        return new State(factor, steps, skipped);
    }

    void restore(State state) {
        factor = state.factor;
        steps = state.steps;
        skipped = state.skipped;
    }
}
