package dev.finetune.explain;

import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * Gradient times input (Shrikumar, Greenside and Kundaje, "Learning important features through propagating activation differences",
 * 2017, section 2): the attribution of token t is the sum, over the width, of x_t dF(x)/dx_t, for the score F of the explained output
 * and what the network's first stage gives for the text, x (length, width). One pass forward and backward; attributions add up to
 * nothing in particular, and special tokens have theirs.
 *
 * @param target the output that is explained
 */
public record GradientTimesInput(ExplainedOutput target) implements ExplanationMethod<Attribution> {
    static final GradientTimesInput USUAL = new GradientTimesInput(new ExplainedOutput.Predicted());

    /** Checks that it is there. */
    public GradientTimesInput {
        Objects.requireNonNull(target, "target");
    }

    /**
     * {@return the same for the output of a label}
     *
     * @param label one of the model's
     */
    public GradientTimesInput target(String label) {
        return new GradientTimesInput(new ExplainedOutput.Named(label));
    }

    /**
     * {@return the same for an output by its place}
     *
     * @param output counted from 0
     */
    public GradientTimesInput target(int output) {
        return new GradientTimesInput(new ExplainedOutput.Numbered(output));
    }

    @Override
    public <I> Work<Attribution> start(ExplainedModel<I> model, I input) {
        return new Product(TokenPasses.of(model, input));
    }

    private final class Product implements Work<Attribution> {
        private final TokenPasses passes;
        private @Nullable Attribution result;

        Product(TokenPasses passes) {
            this.passes = passes;
        }

        @Override
        public boolean step() {
            final Said said = passes.said(target);
            final TokenPasses.Embedded embedded = passes.embedded();
            final double[][] products =
                    passes.gradientTimes(embedded, embedded.row(), List.of(embedded.row()), said.output());
            result = Attribution.of("gradient times input", said, OptionalDouble.empty(), passes.row(), products[0]);
            return false;
        }

        @Override
        public Attribution result() {
            return Objects.requireNonNull(result);
        }
    }
}
