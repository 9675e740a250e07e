package dev.finetune.explain;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.finetune.batch.TokenRow;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Arguments;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;

/**
 * How much each token of a text moved one output of a model: above 0 for it, below 0 against it.
 *
 * @param method how that was found out
 * @param target the output: its label, or "output 0" where outputs have no names
 * @param score what the network gives for it: a logit, before softmax or sigmoid, or the number of a regression
 * @param baselineScore the same for the baseline of integrated gradients, padding alone; empty for other methods
 * @param texts what was explained: a text, or both of a pair
 * @param tokens in the order of the row, special ones included
 */
public record Attribution(
        String method,
        String target,
        double score,
        OptionalDouble baselineScore,
        List<String> texts,
        List<Token> tokens) {
    /** Keeps its own copies. */
    public Attribution {
        Objects.requireNonNull(method, "method");
        Objects.requireNonNull(target, "target");
        Objects.requireNonNull(baselineScore, "baselineScore");
        texts = Arguments.copy(texts, "texts");
        tokens = Arguments.copy(tokens, "tokens");
    }

    /**
     * A token and its share.
     *
     * @param piece as the vocabulary writes it ({@code ##ing})
     * @param special whether it frames the texts, as {@code [CLS]} does
     * @param text which of the texts it belongs to, from 0
     * @param start where it starts in its text, in UTF-16 units; 0 for special tokens
     * @param end where it ends (exclusive), likewise
     * @param attribution its share, in the unit of the score
     */
    public record Token(String piece, boolean special, int text, int start, int end, double attribution) {
        /** The sign and the piece: "+0.3127 fine". */
        @Override
        public String toString() {
            return AttributionText.signed(attribution) + " " + piece;
        }
    }

    static Attribution of(String method, Said said, OptionalDouble baselineScore, TokenRow row, double[] shares) {
        final List<Token> tokens = new ArrayList<>();
        for (int i = 0; i < shares.length; i++) {
            if (!Double.isFinite(shares[i])) {
                throw new FinetuneException("The attribution of token " + i + " ("
                        + row.tokens().get(i).piece() + ") is " + shares[i]
                        + ": gradients of this model aren't finite here, so that they explain nothing.");
            }
            final TokenRow.Token token = row.tokens().get(i);
            tokens.add(new Token(token.piece(), token.special(), token.text(), token.start(), token.end(), shares[i]));
        }
        return new Attribution(method, said.target(), said.score(), baselineScore, row.texts(), tokens);
    }

    /** {@return the sum of all tokens' attributions} */
    public double sum() {
        return tokens.stream().mapToDouble(Token::attribution).sum();
    }

    /**
     * {@return by how much the sum of the attributions misses what it should be, {@code score - baselineScore} (completeness); empty
     * for methods that promise no sum} More steps make it smaller.
     */
    public OptionalDouble completenessError() {
        return baselineScore.isPresent()
                ? OptionalDouble.of(sum() - (score - baselineScore.getAsDouble()))
                : OptionalDouble.empty();
    }

    /**
     * {@return the tokens of the texts that moved the output most, for it or against it, the strongest first}
     *
     * @param count at most as many
     * @throws FinetuneException if it is negative
     */
    public List<Token> topTokens(int count) {
        if (count < 0) {
            throw new FinetuneException("topTokens(" + count + "): expected 0 or more.");
        }
        return tokens.stream()
                .filter(token -> !token.special)
                .sorted(Comparator.comparingDouble((Token token) -> -Math.abs(token.attribution)))
                .limit(count)
                .toList();
    }

    /** {@return everything as JSON: the members of this record, "completeness_error", and a token a row} */
    public JsonObject toJson() {
        final JsonObject json = new JsonObject();
        json.addProperty("method", method);
        json.addProperty("target", target);
        json.addProperty("score", score);
        baselineScore.ifPresent(baseline -> json.addProperty("baseline_score", baseline));
        completenessError().ifPresent(error -> json.addProperty("completeness_error", error));
        final JsonArray parts = new JsonArray();
        texts.forEach(parts::add);
        json.add("texts", parts);
        final JsonArray rows = new JsonArray();
        for (Token token : tokens) {
            final JsonObject row = new JsonObject();
            row.addProperty("token", token.piece);
            row.addProperty("special", token.special);
            row.addProperty("text", token.text);
            row.addProperty("start", token.start);
            row.addProperty("end", token.end);
            row.addProperty("attribution", token.attribution);
            rows.add(row);
        }
        json.add("tokens", rows);
        return json;
    }

    /**
     * {@return the texts as a piece of HTML, to be put into a page: what speaks for the output on blue, what speaks against it on
     * orange, the stronger the deeper, each strong token followed by its signed share, so that it reads without colours, too} Texts
     * are escaped; there are neither scripts nor references to elsewhere, and styles are inline.
     */
    public String toHtml() {
        return AttributionHtml.of(this);
    }

    /** A line a token, in order, with its share and a bar of plus or minus signs. */
    @Override
    public String toString() {
        return AttributionText.of(this);
    }
}
