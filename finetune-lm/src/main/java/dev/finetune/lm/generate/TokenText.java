package dev.finetune.lm.generate;

import dev.finetune.bert.text.Tokenizer;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A tokenizer's decoding, which knows of tokens for single bytes, as Llama 2 has them: {@code <0x0A>}. */
public final class TokenText implements IdsToText {
    private static final int BYTES = 256;

    private final Tokenizer tokenizer;
    private final Set<Integer> bytes;

    /**
     * Decodes with a tokenizer.
     *
     * @param tokenizer borrowed
     */
    public TokenText(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
        this.bytes = IntStream.range(0, BYTES)
                .mapToObj(value -> tokenizer.idOf(String.format(Locale.ROOT, "<0x%02X>", value)))
                .flatMapToInt(id -> id.stream())
                .boxed()
                .collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public String decode(int[] ids) {
        return tokenizer.decodeAsIs(ids);
    }

    @Override
    public String decodeAll(int[] ids) {
        return tokenizer.decodeAll(ids);
    }

    @Override
    public boolean cleansUp() {
        return tokenizer.cleansUp();
    }

    @Override
    public String cleaned(String text) {
        return tokenizer.cleaned(text);
    }

    @Override
    public boolean isByte(int id) {
        return bytes.contains(id);
    }
}
