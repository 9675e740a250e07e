package dev.finetune.generate;

import dev.finetune.error.FinetuneException;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * How a model writes a text. Immutable: each method gives a variant. What isn't set is as the model's generation_config.json says,
 * and else as in Transformers: 20 new tokens; of samples, the 50 most probable tokens at temperature 1.
 *
 * <pre>{@code
 * Generation.greedy().maxNewTokens(100)
 * Generation.sampled().temperature(0.7).topP(0.9).seed(3)
 * Generation.beams(4).lengthPenalty(2).noRepeatNgram(3)
 * }</pre>
 */
public final class Generation {
    private static final Generation NOTHING_SET = new Generation(new EnumMap<>(Key.class));

    private final Map<Key, Object> set;

    private Generation(Map<Key, Object> set) {
        this.set = set;
    }

    /** {@return all as the model's generation_config.json says} */
    public static Generation asTheModel() {
        return NOTHING_SET;
    }

    /** {@return the most probable token each time; the same text every time} */
    public static Generation greedy() {
        return NOTHING_SET.with(Key.DO_SAMPLE, false).with(Key.NUM_BEAMS, 1);
    }

    /** {@return each token drawn by its probability; the same text for the same {@link #seed(long)}} */
    public static Generation sampled() {
        return NOTHING_SET.with(Key.DO_SAMPLE, true).with(Key.NUM_BEAMS, 1);
    }

    /**
     * {@return beam search: several texts grow side by side, of all their continuations the most probable go on}
     *
     * @param number of texts side by side, 1 at least
     * @throws FinetuneException if there are none
     */
    public static Generation beams(int number) {
        check(number >= 1, "A beam search needs 1 beam at least, not " + number + ".");
        return NOTHING_SET.with(Key.DO_SAMPLE, false).with(Key.NUM_BEAMS, number);
    }

    private static void check(boolean holds, String message) {
        if (!holds) {
            throw new FinetuneException(message);
        }
    }

    private Generation with(Key key, Object value) {
        final Map<Key, Object> more = new EnumMap<>(set);
        more.put(key, value);
        final Generation changed = new Generation(more);
        changed.checkLengths();
        changed.checkTogether();
        return changed;
    }

    private void checkLengths() {
        check(
                !set.containsKey(Key.MAX_NEW_TOKENS) || whole(Key.MIN_NEW_TOKENS) <= whole(Key.MAX_NEW_TOKENS),
                "At least " + whole(Key.MIN_NEW_TOKENS) + " new tokens and at most " + whole(Key.MAX_NEW_TOKENS)
                        + " can't both be: raise maxNewTokens or lower minNewTokens.");
        check(
                !set.containsKey(Key.MAX_LENGTH) || whole(Key.MIN_LENGTH) <= whole(Key.MAX_LENGTH),
                "A length of at least " + whole(Key.MIN_LENGTH) + " and of at most " + whole(Key.MAX_LENGTH)
                        + " can't both be: raise maxLength or lower minLength.");
    }

    /** What can be said before the model's own settings are known. */
    private void checkTogether() {
        if (set.containsKey(Key.NUM_BEAMS) && !samples()) {
            check(
                    sequences() <= beams(),
                    beams() == 1
                            ? "A greedy search finds one text, not " + sequences()
                                    + ": ask for several with Generation.beams(n) or Generation.sampled()."
                            : beams() + " beams find " + beams() + " texts at most, not " + sequences() + ".");
        }
    }

    private Generation ofSamples(Key key, Object value, String name) {
        check(
                !set.containsKey(Key.DO_SAMPLE) || samples(),
                name + " changes what is sampled, and nothing is here: begin with Generation.sampled().");
        return with(key, value);
    }

    private Generation ofBeams(Key key, Object value, String name) {
        check(
                !set.containsKey(Key.NUM_BEAMS) || beams() > 1,
                name + " compares beams, and there is one: begin with Generation.beams(n), n above 1.");
        return with(key, value);
    }

    private static double positive(double value, String name, String help) {
        check(value > 0 && Double.isFinite(value), name + " is above 0, not " + value + "." + help);
        return value;
    }

    private static double share(double value, String name) {
        check(value >= 0 && value <= 1, name + " lies between 0 and 1, not " + value + ".");
        return value;
    }

    private static int atLeast(int least, int value, String name) {
        check(value >= least, name + " is " + least + " at least, not " + value + ".");
        return value;
    }

    /**
     * {@return these, with logits divided by this before a token is drawn}
     *
     * @param value above 0: below 1 likely tokens become likelier, above 1 less so; 1 by default
     * @throws FinetuneException if it is no such number, or nothing is sampled
     */
    public Generation temperature(double value) {
        positive(value, "The temperature", " For the most probable token each time there is Generation.greedy().");
        return ofSamples(Key.TEMPERATURE, value, "A temperature");
    }

    /**
     * {@return these, with tokens drawn of the most probable ones}
     *
     * @param tokens how many, with those that are as probable as the last; 0 for all; 50 by default
     * @throws FinetuneException if it is negative, or nothing is sampled
     */
    public Generation topK(int tokens) {
        return ofSamples(Key.TOP_K, atLeast(0, tokens, "topK"), "topK");
    }

    /**
     * {@return these, with tokens drawn of the fewest most probable ones whose probabilities add up to this (Holtzman et al., "The
     * Curious Case of Neural Text Degeneration", 2020)}
     *
     * @param probability 0 to 1; 1, all of them, by default
     * @throws FinetuneException if it is no such number, or nothing is sampled
     */
    public Generation topP(double probability) {
        return ofSamples(Key.TOP_P, share(probability, "topP"), "topP");
    }

    /**
     * {@return these, with tokens drawn of those that have this share of the most probable one's probability (Nguyen et al.,
     * "Turning Up the Heat: Min-p Sampling for Creative and Coherent LLM Outputs", 2024)}
     *
     * @param share 0 to 1; 0, all of them, by default
     * @throws FinetuneException if it is no such number, or nothing is sampled
     */
    public Generation minP(double share) {
        return ofSamples(Key.MIN_P, share(share, "minP"), "minP");
    }

    /**
     * {@return these, with tokens that are there already, in the prompt too, made less likely: positive logits are divided by this,
     * others multiplied (Keskar et al., "CTRL", 2019)}
     *
     * @param factor above 0; above 1 against repetition, below 1 for it; 1 by default
     * @throws FinetuneException if it is no such number
     */
    public Generation repetitionPenalty(double factor) {
        return with(Key.REPETITION_PENALTY, positive(factor, "The repetition penalty", " 1 is none."));
    }

    /**
     * {@return these, with no run of so many tokens twice, the prompt included}
     *
     * @param tokens of a run; 0, any may come again, by default
     * @throws FinetuneException if it is negative
     */
    public Generation noRepeatNgram(int tokens) {
        return with(Key.NO_REPEAT_NGRAM, atLeast(0, tokens, "noRepeatNgram"));
    }

    /**
     * {@return these, with so many new tokens at most; goes before {@link #maxLength(int)}}
     *
     * @param tokens 1 at least; 20 by default, if there is no maximum length; of a model that reads fewer beside the prompt, those
     * @throws FinetuneException if there are none, or fewer than the least
     */
    public Generation maxNewTokens(int tokens) {
        return with(Key.MAX_NEW_TOKENS, atLeast(1, tokens, "maxNewTokens"));
    }

    /**
     * {@return these, with so many tokens at most, those of the prompt included; of a model with an encoder, those of the decoder's
     * beginning instead; counts where neither the call nor the model says {@link #maxNewTokens(int)}}
     *
     * @param tokens 1 at least
     * @throws FinetuneException if there are none, or fewer than the least
     */
    public Generation maxLength(int tokens) {
        return with(Key.MAX_LENGTH, atLeast(1, tokens, "maxLength"));
    }

    /**
     * {@return these, with so many new tokens before one may end the text}
     *
     * @param tokens 0 by default
     * @throws FinetuneException if it is negative, or more than the most
     */
    public Generation minNewTokens(int tokens) {
        return with(Key.MIN_NEW_TOKENS, atLeast(0, tokens, "minNewTokens"));
    }

    /**
     * {@return these, with so many tokens, counted as {@link #maxLength(int)} does, before one may end the text; counts where neither
     * the call nor the model says {@link #minNewTokens(int)}}
     *
     * @param tokens 0 by default
     * @throws FinetuneException if it is negative, or more than the most
     */
    public Generation minLength(int tokens) {
        return with(Key.MIN_LENGTH, atLeast(0, tokens, "minLength"));
    }

    /**
     * {@return these, with a text that ends as soon as it holds one of these strings; what the last token has beyond it stays}
     *
     * @param strings looked for in what the model writes, not in the prompt
     * @throws FinetuneException if there are none, or one is empty
     */
    public Generation stopAt(String... strings) {
        final List<String> all = List.of(Objects.requireNonNull(strings, "strings"));
        check(
                !all.isEmpty() && !all.contains(""),
                "A text can stop at a string of a character or more; found " + all + ".");
        return with(Key.STOP_STRINGS, all);
    }

    /**
     * {@return these, with a text that ends with one of these tokens, instead of those that the model says}
     *
     * @param ids of tokens
     * @throws FinetuneException if there are none, or one is negative
     */
    public Generation stopTokens(int... ids) {
        final List<Integer> all = Arrays.stream(Objects.requireNonNull(ids, "ids"))
                .distinct()
                .boxed()
                .collect(Collectors.toList());
        check(
                !all.isEmpty() && Collections.min(all) >= 0,
                "Tokens that end a text are given by their ids, 0 and above; found " + all + ".");
        return with(Key.STOP_TOKENS, List.copyOf(all));
    }

    /**
     * {@return these, with finished texts compared by the sum of their log-probabilities divided by their length to the power of
     * this}
     *
     * @param exponent above 0 for longer texts, below for shorter ones; 1 by default
     * @throws FinetuneException if it isn't finite, or there are no beams
     */
    public Generation lengthPenalty(double exponent) {
        check(Double.isFinite(exponent), "The length penalty is a finite number, not " + exponent + ".");
        return ofBeams(Key.LENGTH_PENALTY, exponent, "A length penalty");
    }

    /**
     * {@return these, with a beam search that ends so}
     *
     * @param when {@link BeamStop#WHEN_UNLIKELY_BETTER} by default
     * @throws FinetuneException if there are no beams
     */
    public Generation earlyStopping(BeamStop when) {
        return ofBeams(Key.EARLY_STOPPING, Objects.requireNonNull(when, "when"), "earlyStopping");
    }

    /**
     * {@return these, with several texts of each input: the best of a beam search, or so many samples}
     *
     * @param number 1 by default
     * @throws FinetuneException if it is below 1 or more than there are beams
     */
    public Generation sequences(int number) {
        return with(Key.SEQUENCES, atLeast(1, number, "sequences"));
    }

    /**
     * {@return these, with so many tokens guessed at once where the text repeats itself} While a text is written on a CPU, by weights in
     * 32-bit floats, and its last tokens were there before, in the prompt too, what came after them then is guessed to come again: one
     * pass reads all of it, in less time than a pass over each token takes, and what the model wouldn't have written is forgotten. So a
     * text comes faster that quotes its prompt, as notes, extracts and corrections do, and is the same, drawn or not; only tokens that
     * are equally probable to within rounding may change places. Where guesses are wrong, fewer are made; of texts that are written side
     * by side so much is read as speeds them up together, without one waiting long for another. A T5 or BART, and a model whose rotary
     * positions depend on the longest text (dynamic, longrope), guess while they write one text alone. ("Prompt lookup decoding", Saxena
     * 2023; Yang et al., "Inference with Reference", 2023.)
     *
     * @param tokens the most of a guess, which never has more than 64; 0 for none; 10 by default
     * @throws FinetuneException if it is negative, or these have several beams
     */
    public Generation promptLookup(int tokens) {
        check(
                tokens <= 0 || beams() == 1,
                "promptLookup guesses how one text goes on, and beams are several: begin with Generation.greedy() or"
                        + " Generation.sampled().");
        return with(Key.PROMPT_LOOKUP, atLeast(0, tokens, "promptLookup"));
    }

    /**
     * {@return these, with other random numbers: they are a function of the seed, the input's place among those of the call, and the
     * token's place in its text}
     *
     * @param value 0 by default
     * @throws FinetuneException if nothing is sampled
     */
    public Generation seed(long value) {
        return ofSamples(Key.SEED, value, "A seed");
    }

    /**
     * {@return these, and where these say nothing, others: numbers of new tokens go before whole lengths, whoever says them, as in
     * Transformers}
     *
     * @param defaults such as the model's; their least length may be above the greatest of these, where texts end all the same
     * @throws FinetuneException if they contradict each other
     */
    public Generation orElse(Generation defaults) {
        final Map<Key, Object> all = new EnumMap<>(defaults.set);
        all.putAll(set);
        final Generation both = new Generation(all);
        both.checkTogether();
        return both;
    }

    /** {@return what is set, by its name in generation_config.json; a seed isn't in there, nor that nothing is to be guessed} */
    public Map<String, Object> fields() {
        return set.entrySet().stream()
                .filter(each -> each.getKey() != Key.SEED)
                // Transformers has no way to say it but to say nothing.
                .filter(each -> each.getKey() != Key.PROMPT_LOOKUP || promptLookup() > 0)
                .collect(Collectors.toMap(each -> each.getKey().inFile, Map.Entry::getValue));
    }

    private <T> T get(Key key, Class<T> type) {
        return type.cast(set.getOrDefault(key, key.otherwise));
    }

    private int whole(Key key) {
        return get(key, Integer.class);
    }

    private double number(Key key) {
        return get(key, Double.class);
    }

    @SuppressWarnings("unchecked") // The methods that set it have the type.
    private <T> List<T> list(Key key) {
        return get(key, List.class);
    }

    /** {@return whether tokens are drawn} */
    public boolean samples() {
        return get(Key.DO_SAMPLE, Boolean.class);
    }

    /** {@return how many texts a beam search grows side by side; 1 without} */
    public int beams() {
        return whole(Key.NUM_BEAMS);
    }

    /** {@return what logits are divided by} */
    public double temperature() {
        return number(Key.TEMPERATURE);
    }

    /** {@return of how many most probable tokens one is drawn; 0 for all} */
    public int topK() {
        return whole(Key.TOP_K);
    }

    /** {@return what the probabilities of the tokens that one is drawn of add up to} */
    public double topP() {
        return number(Key.TOP_P);
    }

    /** {@return which share of the most probable token's probability a token has that may be drawn} */
    public double minP() {
        return number(Key.MIN_P);
    }

    /** {@return what the logits of tokens are divided by that are there already} */
    public double repetitionPenalty() {
        return number(Key.REPETITION_PENALTY);
    }

    /** {@return runs of how many tokens may not come again; 0 for none} */
    public int noRepeatNgram() {
        return whole(Key.NO_REPEAT_NGRAM);
    }

    /** {@return whether it is said how long a text may become, with its prompt or without} */
    public boolean saysLength() {
        return set.containsKey(Key.MAX_NEW_TOKENS) || set.containsKey(Key.MAX_LENGTH);
    }

    /**
     * {@return how many new tokens there may be after a prompt}
     *
     * @param promptTokens how many tokens it has
     * @throws FinetuneException if it is as long as the maximum length
     */
    public int newTokensAfter(int promptTokens) {
        if (set.containsKey(Key.MAX_NEW_TOKENS) || !set.containsKey(Key.MAX_LENGTH)) {
            return whole(Key.MAX_NEW_TOKENS);
        }
        check(
                promptTokens < whole(Key.MAX_LENGTH),
                "The prompt has " + promptTokens + " tokens, and the maximum length with it is " + whole(Key.MAX_LENGTH)
                        + ": set maxNewTokens, which doesn't count the prompt.");
        return whole(Key.MAX_LENGTH) - promptTokens;
    }

    /**
     * {@return how many new tokens come after a prompt before one may end the text}
     *
     * @param promptTokens how many tokens it has
     */
    public int leastNewTokensAfter(int promptTokens) {
        return set.containsKey(Key.MIN_NEW_TOKENS)
                ? whole(Key.MIN_NEW_TOKENS)
                : Math.max(0, whole(Key.MIN_LENGTH) - promptTokens);
    }

    /** {@return the strings that end a text} */
    public List<String> stopAt() {
        return list(Key.STOP_STRINGS);
    }

    /** {@return the tokens that end a text; none if that is left to the model} */
    public List<Integer> stopTokens() {
        return list(Key.STOP_TOKENS);
    }

    /** {@return the power of the length that the scores of finished texts are divided by} */
    public double lengthPenalty() {
        return number(Key.LENGTH_PENALTY);
    }

    /** {@return when a beam search ends} */
    public BeamStop earlyStopping() {
        return get(Key.EARLY_STOPPING, BeamStop.class);
    }

    /** {@return how many texts each input gets} */
    public int sequences() {
        return whole(Key.SEQUENCES);
    }

    /** {@return how many tokens are guessed at once at most; 0 for none} */
    public int promptLookup() {
        return whole(Key.PROMPT_LOOKUP);
    }

    /** {@return what random numbers are a function of} */
    public long seed() {
        return get(Key.SEED, Long.class);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Generation generation && set.equals(generation.set);
    }

    @Override
    public int hashCode() {
        return set.hashCode();
    }

    @Override
    public String toString() {
        return set.isEmpty()
                ? "as the model says"
                : set.entrySet().stream()
                        .map(each -> each.getKey().inFile + " " + each.getValue())
                        .collect(Collectors.joining(", "));
    }
}
