package dev.finetune.lm.generate;

import dev.finetune.error.FinetuneException;
import dev.finetune.generate.Generation;
import dev.finetune.spi.TextWriter;
import dev.finetune.train.Cancellation;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes texts with a model that says what comes next: greedily, by samples or by beam search, each token and score as Transformers
 * 5.18 gives it for the same logits, but for what chance decides, and that strings which end a text aren't looked for in the prompt. A
 * text doesn't depend on what else is in its batch. Immutable.
 */
public final class TextGenerator {
    private static final Logger LOG = LoggerFactory.getLogger(TextGenerator.class);
    private static final String TEMPERATURE = "temperature";

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
     * Goes on with several prompts.
     *
     * @param model a new one for so many new tokens at most, for those prompts that are gone on with side by side; closed after them
     * @param prompts the tokens of each, 1 at least
     * @param settings how to write
     * @param atOnce how many are gone on with side by side at most
     * @param cancellation asked before each token; what is there then is given
     * @return the writing of a text after each, not yet begun
     * @throws FinetuneException if the settings contradict the model's or a prompt, then or later if they forbid all tokens or a
     *     logit is no number
     */
    public TextWriter.Work write(
            IntFunction<NextTokens> model,
            List<int[]> prompts,
            Generation settings,
            int atOnce,
            Cancellation cancellation) {
        return write(model, prompts, 0, settings, atOnce, cancellation);
    }

    /**
     * Goes on with some of a call's prompts, as {@link #write(IntFunction, List, Generation, int, Cancellation)} does with all.
     *
     * @param model as there
     * @param prompts the tokens of each, 1 at least
     * @param first which of its call's prompts the first is, from 0: what chance decides depends on it
     * @param settings how to write
     * @param atOnce how many are gone on with side by side at most
     * @param cancellation asked before each token; what is there then is given
     * @return the writing of a text after each, not yet begun
     * @throws FinetuneException as the other
     */
    public TextWriter.Work write(
            IntFunction<NextTokens> model,
            List<int[]> prompts,
            int first,
            Generation settings,
            int atOnce,
            Cancellation cancellation) {
        return work(model, prompts, first, told(settings), atOnce, id -> {}, () -> {}, cancellation);
    }

    /**
     * Goes on with one prompt, and hands the text over while it comes about.
     *
     * @param model a new one for so many new tokens at most, closed afterwards
     * @param prompt its tokens, 1 at least
     * @param settings how to write: one text, without beams
     * @param pieces told each piece of the text, in whole characters; together they are the text
     * @param cancellation asked before each token; what is there then is given
     * @return the writing, not yet begun
     * @throws FinetuneException as the other, and if the settings ask for beams or for several texts
     */
    public TextWriter.Work write(
            IntFunction<NextTokens> model,
            int[] prompt,
            Generation settings,
            Consumer<String> pieces,
            Cancellation cancellation) {
        Objects.requireNonNull(pieces, "pieces");
        final Generation all = told(settings);
        if (all.beams() > 1 || all.sequences() > 1) {
            throw new FinetuneException(
                    "A text can be handed over while it is written if there is one; the settings ask for "
                            + (all.beams() > 1
                                    ? all.beams() + " beams, and which is the best is known at the end"
                                    : Integer.toString(all.sequences()))
                            + ": take Generation.greedy() or Generation.sampled(), without sequences.");
        }
        final Detokenizer detokenizer = new Detokenizer(tokenizer);
        return work(
                model,
                List.of(prompt),
                0,
                all,
                1,
                id -> tell(pieces, detokenizer.add(id)),
                () -> tell(pieces, detokenizer.end()),
                cancellation);
    }

    private static void tell(Consumer<String> pieces, String piece) {
        if (!piece.isEmpty()) {
            pieces.accept(piece);
        }
    }

    /**
     * {@return how a call's settings and the model's are together}
     *
     * @param settings of the call
     */
    public Generation all(Generation settings) {
        final Generation all = settings.orElse(config.settings());
        if (config.coldest() && all.samples() && !settings.fields().containsKey(TEMPERATURE)) {
            throw new FinetuneException(
                    "Nothing can be drawn with the temperature 0 that the model's generation_config.json says:"
                            + " set temperature(...) above 0, or take Generation.greedy().");
        }
        return all;
    }

    private Generation told(Generation settings) {
        passedOver(settings, "max_length", "max_new_tokens", "maxNewTokens");
        passedOver(settings, "min_length", "min_new_tokens", "minNewTokens");
        final Generation all = all(settings);
        lengthsDiffer(all, "min_length", "max_length");
        lengthsDiffer(all, "min_new_tokens", "max_new_tokens");
        return all;
    }

    /** The least length of a model's file may be above the greatest of a call: a text ends there all the same, as in Transformers. */
    private static void lengthsDiffer(Generation all, String least, String most) {
        if (all.fields().get(least) instanceof Integer from
                && all.fields().get(most) instanceof Integer to
                && from > to) {
            LOG.warn("{} {} is more than {} {}, where texts end: nothing ends them before.", least, from, most, to);
        }
    }

    /** What the call says of a whole length counts for nothing where the model says how many new tokens, as in Transformers. */
    private void passedOver(Generation settings, String whole, String fresh, String method) {
        final Object model = config.settings().fields().get(fresh);
        if (model != null
                && settings.fields().containsKey(whole)
                && !settings.fields().containsKey(fresh)) {
            LOG.warn(
                    "{} {} is passed over, as the model's generation_config.json says {} {}, which goes before it: set {}.",
                    whole,
                    settings.fields().get(whole),
                    fresh,
                    model,
                    method);
        }
    }

    private TextWriter.Work work(
            IntFunction<NextTokens> model,
            List<int[]> prompts,
            int first,
            Generation settings,
            int atOnce,
            TokenByToken.Watcher watcher,
            Runnable end,
            Cancellation cancellation) {
        Objects.requireNonNull(cancellation, "cancellation");
        int most = 0;
        for (int[] prompt : prompts) {
            if (prompt.length == 0) {
                throw new FinetuneException(
                        "A text goes on from 1 token at least, and a prompt has none: give it some words.");
            }
            most = Math.max(most, settings.newTokensAfter(prompt.length));
        }
        final int expected = most;
        final Asked asked = Asked.of(settings, config.special(), tokenizer);
        final GenerationWork.Searching searching = settings.beams() > 1
                ? (fresh, some, from) -> new BeamSearch(fresh, asked, some, cancellation)
                : (fresh, some, from) -> new TokenByToken(fresh, asked, some, first + from, watcher, cancellation);
        return new GenerationWork(() -> model.apply(expected), prompts, atOnce, searching, end);
    }
}
