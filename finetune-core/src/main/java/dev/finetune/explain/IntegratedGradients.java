package dev.finetune.explain;

import dev.finetune.error.FinetuneException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * Integrated gradients (Sundararajan, Taly and Yan, "Axiomatic attribution for deep networks", 2017) over the embeddings: the
 * attribution of token t is the sum, over the width, of
 *
 * <pre>(x_t - x'_t) integral from 0 to 1 of dF(x' + a (x - x')) / dx_t da</pre>
 *
 * <p>where F is the score of the explained output (a logit, or the number of a regression), x (length, width) is what the network's
 * first stage gives for the text, position and type embeddings and norm included, and x' what it gives for the baseline: the same row
 * with the padding token in the place of every token but the special ones, which stay, as do positions, types and the attention
 * mask. The integral is a sum over {@code steps} points by the rule of Gauss and Legendre, which is the default of Captum's
 * IntegratedGradients. Attributions add up to F(x) - F(x') but for the error of that sum, {@link Attribution#completenessError()}.
 *
 * <p>A projection that a family has behind its embeddings is part of the first stage; since it is linear, it changes no attribution.
 *
 * @param steps how many points of the path are computed, each forward and backward; 50 unless said otherwise
 * @param atOnce how many of them in one batch; 0, unless said otherwise, for as many as have some 1,024 tokens together
 * @param target the output that is explained
 */
public record IntegratedGradients(int steps, int atOnce, ExplainedOutput target)
        implements ExplanationMethod<Attribution> {
    static final IntegratedGradients USUAL = new IntegratedGradients(50, 0, new ExplainedOutput.Predicted());

    private static final int TOKENS_AT_ONCE = 1024;
    private static final int MOST_STEPS = 1_000;

    /**
     * Checks the numbers.
     *
     * @throws FinetuneException if there is no step, or a negative number at once
     */
    public IntegratedGradients {
        if (steps < 1 || steps > MOST_STEPS) {
            throw new FinetuneException(
                    "steps(" + steps + "): expected 1 to " + MOST_STEPS + "; 50 do for most texts.");
        }
        Portions.check(atOnce);
        Objects.requireNonNull(target, "target");
    }

    /**
     * {@return the same with so many points of the path}
     *
     * @param count from 1 on; more make the completeness error smaller
     */
    public IntegratedGradients steps(int count) {
        return new IntegratedGradients(count, atOnce, target);
    }

    /**
     * {@return the same with so many points in a batch}
     *
     * @param rows from 1 on, or 0 for as many as have some 1,024 tokens together
     */
    public IntegratedGradients atOnce(int rows) {
        return new IntegratedGradients(steps, rows, target);
    }

    /**
     * {@return the same for the output of a label}
     *
     * @param label one of the model's
     */
    public IntegratedGradients target(String label) {
        return new IntegratedGradients(steps, atOnce, new ExplainedOutput.Named(label));
    }

    /**
     * {@return the same for an output by its place}
     *
     * @param output counted from 0
     */
    public IntegratedGradients target(int output) {
        return new IntegratedGradients(steps, atOnce, new ExplainedOutput.Numbered(output));
    }

    @Override
    public <I> Work<Attribution> start(ExplainedModel<I> model, I input) {
        return new Path(TokenPasses.of(model, input));
    }

    /** What there is before the path is walked. */
    private record Ends(Said said, TokenPasses.Embedded embedded, float[] difference, double baseline) {}

    private final class Path extends Portions<Attribution> {
        private final TokenPasses passes;
        private final GaussLegendre rule = GaussLegendre.of(steps);
        private final double[] sums;
        private @Nullable Ends ends;

        Path(TokenPasses passes) {
            this.passes = passes;
            this.sums = new double[passes.row().tokens().size()];
        }

        @Override
        int begin() {
            final Said said = passes.said(target);
            final TokenPasses.Embedded embedded = passes.embedded();
            ends = new Ends(
                    said, embedded, embedded.difference(), passes.score(embedded, embedded.padding(), said.output()));
            return steps;
        }

        @Override
        int atOnce() {
            return atOnce(atOnce, TOKENS_AT_ONCE, sums.length);
        }

        @Override
        void compute(int from, int to) {
            final Ends known = Objects.requireNonNull(ends);
            final List<float[]> points = Arrays.stream(rule.points(), from, to)
                    .mapToObj(known.embedded::between)
                    .toList();
            final double[][] byPoint =
                    passes.gradientTimes(known.embedded, known.difference, points, known.said.output());
            for (int i = from; i < to; i++) {
                for (int token = 0; token < sums.length; token++) {
                    sums[token] += rule.weights()[i] * byPoint[i - from][token];
                }
            }
        }

        @Override
        public Attribution result() {
            final Ends known = Objects.requireNonNull(ends);
            return Attribution.of(
                    "integrated gradients, " + steps + (steps == 1 ? " step" : " steps") + " from padding",
                    known.said,
                    OptionalDouble.of(known.baseline),
                    passes.row(),
                    sums);
        }
    }
}
