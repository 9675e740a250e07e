package dev.finetune.bert.text;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.Target;
import dev.finetune.batch.TokenRow;
import dev.finetune.data.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A text, or a pair, token by token. */
final class SequenceTokens implements TokenRow {
    private final TokenizedText text;
    private final EncodedText row;
    private final List<String> texts;
    private final List<Token> tokens;
    private final int padding;
    private final Optional<Integer> mask;

    /**
     * Takes a text apart.
     *
     * @param text with offsets
     * @param input what was tokenized
     */
    SequenceTokens(TokenizedText text, Text input, TextLayout layout, Tokenizer tokenizer) {
        this.text = text;
        this.row = EncodedText.of(text, layout.tokenTypes(), new Target.None(), new EncodedText.Trace.Whole());
        final String second = input.pair();
        this.texts = second == null ? List.of(input.text()) : List.of(input.text(), second);
        this.padding = layout.padId();
        this.mask = tokenizer.specialTokens().mask().stream().boxed().findFirst();
        final List<Token> all = new ArrayList<>();
        for (int i = 0; i < text.length(); i++) {
            final boolean ofSecond = text.secondStart() >= 0 && i >= text.secondStart();
            all.add(new Token(
                    tokenizer.token(text.ids()[i]),
                    isSpecial(i),
                    ofSecond && !isSpecial(i) ? 1 : 0,
                    text.starts()[i],
                    text.ends()[i]));
        }
        this.tokens = List.copyOf(all);
    }

    private boolean isSpecial(int token) {
        return text.wordIds()[token] < 0;
    }

    @Override
    public Encoded row() {
        return row;
    }

    @Override
    public List<String> texts() {
        return texts;
    }

    @Override
    public List<Token> tokens() {
        return tokens;
    }

    @Override
    public Encoded padding() {
        final int[] ids = text.ids().clone();
        for (int i = 0; i < ids.length; i++) {
            ids[i] = isSpecial(i) ? ids[i] : padding;
        }
        return with(ids);
    }

    @Override
    public Optional<Encoded> masking(int token) {
        return mask.map(id -> {
            final int[] ids = text.ids().clone();
            ids[token] = id;
            return with(ids);
        });
    }

    private EncodedText with(int[] ids) {
        return new EncodedText(ids, row.typeIds(), row.target(), row.trace());
    }

    @Override
    public Encoded removing(int token) {
        final int[] ids = new int[text.length() - 1];
        System.arraycopy(text.ids(), 0, ids, 0, token);
        System.arraycopy(text.ids(), token + 1, ids, token, ids.length - token);
        final byte[] types = new byte[Math.max(0, row.typeIds().length - 1)];
        if (row.typeIds().length > 0) {
            System.arraycopy(row.typeIds(), 0, types, 0, token);
            System.arraycopy(row.typeIds(), token + 1, types, token, types.length - token);
        }
        return new EncodedText(ids, types, row.target(), row.trace());
    }
}
