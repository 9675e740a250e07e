package dev.finetune.lm.generate;

import dev.finetune.error.FinetuneException;
import dev.finetune.generate.Generated;
import dev.finetune.generate.Generation;
import dev.finetune.train.Cancellation;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Writes texts with a model that says what comes next: greedily, by samples or by beam search, each token and score as Transformers
 * 5.18 gives it for the same logits, but for what chance decides. A text doesn't depend on what else is in its batch. Immutable.
 */
public final class TextGenerator {
    private final GenerationConfig config;
    private final IdsToText tokenizer;

    /**
     * Creates a generator.
     *
     * @param config what the model says of how it writes
     * @param tokenizer turns tokens into text
     */
    public TextGenerator(GenerationConfig config, IdsToText tokenizer) {
        this.config = Objects.requireNonNull(config, "config");
        this.tokenizer = Objects.requireNonNull(tokenizer, "tokenizer");
    }

    /**
     * Goes on with several prompts at once.
     *
     * @param model at its beginning (borrowed)
     * @param prompts the tokens of each, 1 at least
     * @param settings how to write
     * @param cancellation asked before each token; what is there then is given
     * @return what was written after each
     * @throws FinetuneException if the settings contradict the model's or a prompt, forbid all tokens, or a logit is no number
     */
    public List<Generated> generate(
            NextTokens model, List<int[]> prompts, Generation settings, Cancellation cancellation) {
        Objects.requireNonNull(cancellation, "cancellation");
        return write(model, prompts, all(settings), id -> {}, cancellation);
    }

    /**
     * Goes on with one prompt, and hands the text over while it comes about.
     *
     * @param model at its beginning (borrowed)
     * @param prompt its tokens, 1 at least
     * @param settings how to write: one text, without beams
     * @param pieces told each piece of the text, in whole characters; together they are the text
     * @param cancellation asked before each token; what is there then is given
     * @return what was written
     * @throws FinetuneException as the other, and if the settings ask for beams or for several texts
     */
    public Generated generate(
            NextTokens model, int[] prompt, Generation settings, Consumer<String> pieces, Cancellation cancellation) {
        Objects.requireNonNull(pieces, "pieces");
        final Generation all = all(settings);
        if (all.beams() > 1 || all.sequences() > 1) {
            throw new FinetuneException(
                    "A text can be handed over while it is written if there is one; the settings ask for "
                            + (all.beams() > 1
                                    ? all.beams() + " beams, and which is the best is known at the end"
                                    : all.sequences())
                            + ": take Generation.greedy() or Generation.sampled(), without sequences.");
        }
        final Detokenizer detokenizer = new Detokenizer(tokenizer);
        final Generated written = write(
                        model, List.of(prompt), all, id -> tell(pieces, detokenizer.add(id)), cancellation)
                .get(0);
        tell(pieces, detokenizer.end());
        return written;
    }

    private static void tell(Consumer<String> pieces, String piece) {
        if (!piece.isEmpty()) {
            pieces.accept(piece);
        }
    }

    private Generation all(Generation settings) {
        return settings.orElse(config.settings());
    }

    private List<Generated> write(
            NextTokens model,
            List<int[]> prompts,
            Generation settings,
            TokenByToken.Watcher watcher,
            Cancellation cancellation) {
        for (int[] prompt : prompts) {
            if (prompt.length == 0) {
                throw new FinetuneException(
                        "A text goes on from 1 token at least, and a prompt has none: give it some words.");
            }
            settings.newTokensAfter(prompt.length);
        }
        if (prompts.isEmpty()) {
            return List.of();
        }
        final List<List<Generated>> texts = settings.beams() > 1
                ? new BeamSearch(settings, config.special(), tokenizer).write(model, prompts, cancellation)
                : new TokenByToken(settings, config.special(), tokenizer).write(model, prompts, watcher, cancellation);
        return texts.stream().map(Texts::joined).toList();
    }
}
