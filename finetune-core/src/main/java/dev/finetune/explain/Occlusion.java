package dev.finetune.explain;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.TokenRow;
import dev.finetune.error.FinetuneException;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Occlusion (Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2014; for words Li, Monroe and Jurafsky,
 * "Understanding neural networks through representation erasure", 2016): the attribution of a token is F(text) - F(text without it),
 * for the score F of the explained output. A token is hidden under the tokenizer's mask token, or removed, so that those after it
 * move up by one place. Special tokens aren't touched, and have 0. No gradients; a pass forward for each token.
 *
 * @param removing whether tokens are removed; unless said otherwise they are masked
 * @param atOnce how many variants of the text in one batch; 0, unless said otherwise, for as many as have some 4,096 tokens together
 * @param target the output that is explained
 */
public record Occlusion(boolean removing, int atOnce, ExplainedOutput target)
        implements ExplanationMethod<Attribution> {
    static final Occlusion USUAL = new Occlusion(false, 0, new ExplainedOutput.Predicted());

    private static final int TOKENS_AT_ONCE = 4096;

    /**
     * Checks the number.
     *
     * @throws FinetuneException if the number at once is negative
     */
    public Occlusion {
        Portions.check(atOnce);
        Objects.requireNonNull(target, "target");
    }

    /** {@return the same with tokens removed, in place of masked} */
    public Occlusion byRemoval() {
        return new Occlusion(true, atOnce, target);
    }

    /**
     * {@return the same with so many variants of the text in a batch}
     *
     * @param rows from 1 on, or 0 for as many as have some 4,096 tokens together
     */
    public Occlusion atOnce(int rows) {
        return new Occlusion(removing, rows, target);
    }

    /**
     * {@return the same for the output of a label}
     *
     * @param label one of the model's
     */
    public Occlusion target(String label) {
        return new Occlusion(removing, atOnce, new ExplainedOutput.Named(label));
    }

    /**
     * {@return the same for an output by its place}
     *
     * @param output counted from 0
     */
    public Occlusion target(int output) {
        return new Occlusion(removing, atOnce, new ExplainedOutput.Numbered(output));
    }

    @Override
    public <I> Work<Attribution> start(ExplainedModel<I> model, I input) {
        return new Hiding(TokenPasses.of(model, input));
    }

    private Encoded without(TokenRow row, int token) {
        return removing
                ? row.removing(token)
                : row.masking(token)
                        .orElseThrow(
                                () -> new FinetuneException("This model's tokenizer has no mask token to hide others"
                                        + " under: say occlusion().byRemoval(), which removes them."));
    }

    private final class Hiding extends Portions<Attribution> {
        private final TokenPasses passes;
        private final int[] hidden;
        private final double[] changes;
        private @Nullable Said said;

        Hiding(TokenPasses passes) {
            final List<TokenRow.Token> tokens = passes.row().tokens();
            this.passes = passes;
            this.hidden = IntStream.range(0, tokens.size())
                    .filter(token -> !tokens.get(token).special())
                    .toArray();
            this.changes = new double[tokens.size()];
        }

        @Override
        int begin() {
            said = passes.said(target);
            return hidden.length;
        }

        @Override
        int atOnce() {
            return atOnce(atOnce, TOKENS_AT_ONCE, changes.length);
        }

        @Override
        void compute(int from, int to) {
            final Said whole = Objects.requireNonNull(said);
            final List<Encoded> rows = IntStream.range(from, to)
                    .mapToObj(i -> without(passes.row(), hidden[i]))
                    .toList();
            final double[] scores = passes.scores(rows, whole.output());
            for (int i = from; i < to; i++) {
                changes[hidden[i]] = whole.score() - scores[i - from];
            }
        }

        @Override
        public Attribution result() {
            return Attribution.of(
                    removing ? "occlusion by removal" : "occlusion by the mask token",
                    Objects.requireNonNull(said),
                    OptionalDouble.empty(),
                    passes.row(),
                    changes);
        }
    }
}
