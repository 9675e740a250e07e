package dev.finetune.lm.input;

import dev.finetune.batch.Target;
import dev.finetune.bert.text.Detail;
import dev.finetune.bert.text.TokenizedText;
import dev.finetune.bert.text.Tokenizer;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.lm.TextPreference;
import dev.finetune.spi.TextWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Texts, all of whose tokens are predicted, and texts with a {@link Label.Completion}, of which the completion's are: it follows the
 * text directly and ends with the end-of-text token.
 *
 * @param tokenizer of the model (borrowed)
 * @param ended whether texts without a completion end with the end-of-text token, too
 * @param endId that token's id
 */
record PlainTexts(Tokenizer tokenizer, boolean ended, int endId) implements InputTokens<Text> {
    /** Longer than any text is. */
    private static final int WHOLE = 1 << 24;

    private static final int MOST_SHOWN = 200;

    @Override
    public Class<Text> inputType() {
        return Text.class;
    }

    @Override
    public TokenRow learned(Example<Text> example) {
        final Text text = example.input();
        requireSingle(text);
        if (example.label() instanceof Label.Completion completion) {
            return completed(text.text(), completion.text());
        }
        if (!(example.label() instanceof Label.None)) {
            throw new FinetuneException(
                    "A language model learns from texts alone, or from Label.completion(...), not from "
                            + example.label() + "."
                            + (example.label() instanceof TextPreference
                                    ? " Which of two completions is preferred is learned by fitPreferences(...), and evaluated"
                                            + " by evaluate(pairs, Dpo.beta(0.1)), or Orpo.lambda(0.1)."
                                    : ""));
        }
        final int[] ids = tokens(text.text()).ids();
        final int[] all = ended ? withEnd(ids) : ids;
        return TokenRow.of(all, all);
    }

    @Override
    public List<TokenRow> answered(Example<Text> example) {
        requireSingle(example.input());
        if (!(example.label() instanceof TextPreference preference)) {
            throw new FinetuneException("fitPreferences(...) learns from texts with two completions, as"
                    + " ChatFiles.jsonl(path).completionPreferences() reads them, but one has the label "
                    + example.label() + ".");
        }
        final String prompt = example.input().text();
        return List.of(completed(prompt, preference.chosen()), completed(prompt, preference.rejected()));
    }

    private static void requireSingle(Text text) {
        if (text.pair() != null) {
            throw new FinetuneException("A language model goes on with one text, and this is a pair: join its texts, or"
                    + " make the second one the label: Label.completion(...).");
        }
    }

    private TokenRow completed(String prompt, String completion) {
        final TokenizedText both = tokens(prompt + completion);
        final int[] ids = withEnd(both.ids());
        final int[] labels = ids.clone();
        int read = both.length(); // What the tokenizer itself puts behind the text belongs to the completion.
        while (read > 0 && both.wordIds()[read - 1] < 0) {
            read--;
        }
        for (int i = 0; i < read; i++) {
            if (both.starts()[i] < prompt.length()) {
                labels[i] = Target.IGNORED;
            }
        }
        return TokenRow.of(ids, labels);
    }

    private TokenizedText tokens(String text) {
        return tokenizer.encode(List.of(Text.of(text)), WHOLE, Detail.OFFSETS).get(0);
    }

    /** Ended once: some tokenizers end texts themselves, and some texts write the token. */
    private int[] withEnd(int[] ids) {
        if (ids.length > 0 && ids[ids.length - 1] == endId) {
            return ids;
        }
        final int[] all = Arrays.copyOf(ids, ids.length + 1);
        all[ids.length] = endId;
        return all;
    }

    @Override
    public int[] prompt(Text text) {
        requireSingle(text);
        return tokens(text.text()).ids();
    }

    @Override
    public Optional<TextWriter.Question<Text>> question(Example<Text> example) {
        final String text = example.input().text();
        requireSingle(example.input());
        if (example.label() instanceof Label.Completion completion) {
            return answered(example.input(), completion.text());
        }
        if (example.label() instanceof TextPreference preference) {
            return answered(example.input(), preference.chosen());
        }
        final int at = parting(text);
        final String after = text.substring(at, Math.min(text.length(), at + 2 * MOST_SHOWN));
        return Optional.of(text.substring(0, at))
                .filter(beginning -> !beginning.isBlank() && !after.isBlank())
                .map(beginning -> new TextWriter.Question<>(Text.of(beginning), beginning, after));
    }

    private static Optional<TextWriter.Question<Text>> answered(Text prompt, String answer) {
        return prompt.text().isBlank() || answer.isBlank()
                ? Optional.empty()
                : Optional.of(new TextWriter.Question<>(prompt, prompt.text(), answer));
    }

    /** Where a text is parted: before white space, if there is any, at its half, but not far on. */
    private static int parting(String text) {
        final int half = Math.min(text.length() / 2, MOST_SHOWN);
        for (int at = half; at > 0; at--) {
            if (Character.isWhitespace(text.charAt(at))) {
                return at;
            }
        }
        return half > 0 && Character.isLowSurrogate(text.charAt(half)) ? half - 1 : half;
    }

    @Override
    public Optional<String> useless(Example<Text> example) {
        return example.label() instanceof Label.Completion
                ? Optional.of("its completion lies beyond the maximum length altogether")
                : Optional.empty();
    }
}
