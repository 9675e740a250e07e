package dev.finetune.bert.text;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import com.google.gson.JsonObject;
import dev.finetune.bert.text.definition.DefinitionCheck;
import dev.finetune.error.FinetuneException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongFunction;

/**
 * The only class that talks to the native tokenizers library ({@link TokenizersLoader}): owns one native tokenizer, and
 * copies what it says into Java arrays. Any number of threads may encode at once; closing waits for them.
 *
 * <p>It calls the library's functions itself and not through DJL's {@code HuggingFaceTokenizer}, which copies
 * everything about every token (twice the time for ids alone) and reports each construction over the network.
 */
final class NativeTokenizer implements AutoCloseable {
    /** Texts for one native call: enough to share among its threads, few enough for JNI's local references. */
    private static final int CHUNK = 512;

    private static final int SHOWN = 60;

    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private final String source;
    private final int longestText;

    /** A batched call ends the process on an error that a single one throws. */
    private final boolean batches;

    /** Why it can't decode, if so. */
    private final Optional<String> undecodable;

    private long handle;

    private NativeTokenizer(long handle, DefinitionCheck definition, String source) {
        this.handle = handle;
        this.source = source;
        this.longestText = definition.longestText();
        this.batches = definition.knowsUnknown();
        this.undecodable = definition.undecodable();
    }

    /**
     * Builds a tokenizer from a definition that was checked, without truncation or padding of its own.
     *
     * @param source what to call it in an error
     * @throws FinetuneException if the library refuses it, an added token can't be looked for, or it fails at a symbol that its
     *     vocabulary lacks
     */
    static NativeTokenizer of(DefinitionCheck definition, String source) {
        checkAddedTokens(definition, source);
        NativeTokenizer made = new NativeTokenizer(create(definition.json(), source), definition, source);
        boolean ready = false;
        try {
            made.checkUnknowns();
            ready = true;
            return made;
        } finally {
            if (!ready) {
                made.close();
            }
        }
    }

    private static long create(JsonObject definition, String source) {
        TokenizersLibrary calls = TokenizersLoader.library();
        try {
            return withoutSettings(calls, calls.createTokenizerFromString(definition.toString()));
        } catch (RuntimeException e) {
            throw new FinetuneException(
                    source + " is not a tokenizer that can be read: " + e.getMessage()
                            + ". Write it again with the library that made the model, or put vocab.txt (or vocab.json"
                            + " and merges.txt) in its place.",
                    e);
        }
    }

    private static long withoutSettings(TokenizersLibrary calls, long created) {
        boolean ready = false;
        try {
            calls.disableTruncation(created);
            calls.disablePadding(created);
            ready = true;
            return created;
        } finally {
            if (!ready) {
                calls.deleteTokenizer(created);
            }
        }
    }

    // An added token of which the normalizer leaves nothing would be found between the bytes of every symbol, where the
    // library ends the process.
    private static void checkAddedTokens(DefinitionCheck definition, String source) {
        if (definition.normalizedTokens().isEmpty()
                || definition.json().get("normalizer").isJsonNull()) {
            return;
        }
        try (NativeTokenizer alone =
                new NativeTokenizer(create(definition.normalizerAlone(), source), definition, source)) {
            for (String token : definition.normalizedTokens()) {
                if (alone.count(token) == 0) {
                    throw new FinetuneException(
                            source + ": of the added token \"" + token + "\", which is looked for in the"
                                    + " normalized text, the normalizer leaves nothing, so that it would be everywhere."
                                    + " Remove it from"
                                    + " added_tokens, or set its \"normalized\" to false.");
                }
            }
        }
    }

    private void checkUnknowns() {
        try {
            count("\u2603 \ud83d\ude00 \u0e01 \u10d0 a");
        } catch (RuntimeException e) {
            throw new FinetuneException(
                    source + " cannot tokenize a symbol that its vocabulary lacks: " + e.getMessage()
                            + ". Its unknown token (such as [UNK]) must be part of the vocabulary.",
                    e);
        }
    }

    private int count(String text) {
        TokenizersLibrary calls = TokenizersLoader.library();
        long encoding = calls.encode(handle, text, false);
        try {
            return calls.getTokenIds(encoding).length;
        } finally {
            calls.deleteEncoding(encoding);
        }
    }

    /** Tokenizes each text by itself, without special tokens. */
    List<RawTokens> encode(List<String> texts, Detail detail) {
        return whileOpen(open -> {
            List<RawTokens> result = new ArrayList<>(texts.size());
            for (int from = 0; from < texts.size(); from += CHUNK) {
                List<String> chunk = texts.subList(from, Math.min(from + CHUNK, texts.size()));
                String[] clean = chunk.stream().map(this::encodable).toArray(String[]::new);
                if (batches && clean.length > 1) {
                    long[] encodings = TokenizersLoader.library().batchEncode(open, clean, false);
                    for (int i = 0; i < encodings.length; i++) {
                        result.add(take(encodings[i], clean[i], detail));
                    }
                } else {
                    // Few texts are tokenized on this thread, since handing them to the library's own costs more.
                    for (String text : clean) {
                        result.add(take(encode(open, text), text, detail));
                    }
                }
            }
            return result;
        });
    }

    private long encode(long open, String text) {
        try {
            return TokenizersLoader.library().encode(open, text, false);
        } catch (RuntimeException e) {
            throw unencodable(text, e);
        }
    }

    private FinetuneException unencodable(String text, RuntimeException e) {
        return new FinetuneException(
                source + " can't tokenize \"" + text.substring(0, Math.min(text.length(), SHOWN)) + "\": "
                        + e.getMessage() + ". The tokenizer has no token for what its vocabulary lacks.",
                e);
    }

    /** The text as the library can read it. */
    private String encodable(String text) {
        if (text.length() > longestText) {
            throw new FinetuneException("A text has " + text.length() + " characters, and the regular expressions of "
                    + source + " are sure to end on " + longestText
                    + " only. Cut it: a model reads only its beginning anyway.");
        }
        return wellFormed(text);
    }

    /** Tokenizes a sentence that is already split, without special tokens; a token's word is its place in the list. */
    RawTokens encodeWords(List<String> words) {
        String[] clean = words.stream().map(this::encodable).toArray(String[]::new);
        return whileOpen(open -> {
            try {
                return take(TokenizersLoader.library().encodeList(open, clean, false), "", Detail.WORDS);
            } catch (RuntimeException e) {
                throw unencodable(String.join(" ", words), e);
            }
        });
    }

    /** Shows how special tokens are laid around a text, or a pair where {@code pair} says so. */
    Probe probe(String text, boolean pair) {
        return whileOpen(open -> {
            TokenizersLibrary calls = TokenizersLoader.library();
            long encoding = pair ? calls.encodeDual(open, text, text, true) : calls.encode(open, text, true);
            try {
                return new Probe(
                        ints(calls.getTokenIds(encoding)),
                        ints(calls.getTypeIds(encoding)),
                        ints(calls.getSequenceIds(encoding)));
            } finally {
                calls.deleteEncoding(encoding);
            }
        });
    }

    /**
     * A text with its special tokens.
     *
     * @param ids token ids
     * @param types token type ids
     * @param sequences 0 or 1 for a token of the first or second text, -1 for a special token
     */
    record Probe(int[] ids, int[] types, int[] sequences) {}

    private static RawTokens take(long encoding, String text, Detail detail) {
        TokenizersLibrary calls = TokenizersLoader.library();
        try {
            int[] ids = ints(calls.getTokenIds(encoding));
            int[] words = detail == Detail.IDS ? new int[0] : ints(calls.getWordIds(encoding));
            int[] starts = new int[detail == Detail.OFFSETS ? ids.length : 0];
            int[] ends = new int[starts.length];
            if (detail == Detail.OFFSETS) {
                spans(calls.getTokenCharSpans(encoding), new CodePoints(text), starts, ends);
            }
            return new RawTokens(ids, words, starts, ends);
        } finally {
            calls.deleteEncoding(encoding);
        }
    }

    private static void spans(CharSpan[] spans, CodePoints text, int[] starts, int[] ends) {
        for (int i = 0; i < spans.length; i++) {
            if (spans[i] != null) {
                starts[i] = text.utf16(spans[i].getStart());
                ends[i] = text.utf16(spans[i].getEnd());
            }
        }
    }

    /** The text of tokens, with special ones or without. */
    String decode(long[] ids, boolean withSpecial) {
        if (undecodable.isPresent()) {
            throw new FinetuneException(undecodable.get());
        }
        return whileOpen(open -> TokenizersLoader.library().decode(open, ids, !withSpecial));
    }

    private static int[] ints(long[] values) {
        int[] result = new int[values.length];
        for (int i = 0; i < values.length; i++) {
            result[i] = (int) values[i];
        }
        return result;
    }

    /** Half of a surrogate pair has no UTF-8: it becomes U+FFFD, as long in every unit, so that offsets hold. */
    static String wellFormed(String text) {
        char[] chars = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!Character.isSurrogate(c)) {
                continue;
            }
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
                continue;
            }
            if (chars == null) {
                chars = text.toCharArray();
            }
            chars[i] = '\ufffd';
        }
        return chars == null ? text : new String(chars);
    }

    private <T> T whileOpen(LongFunction<T> work) {
        lock.readLock().lock();
        try {
            if (handle == 0) {
                throw new FinetuneException("The tokenizer is closed; open it again to encode more.");
            }
            return work.apply(handle);
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            if (handle != 0) {
                TokenizersLoader.library().deleteTokenizer(handle);
                handle = 0;
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** Places in a text, from code points (as the native library counts) to UTF-16 units (as Java does). */
    private static final class CodePoints {
        private final int[] places;

        CodePoints(String text) {
            places = text.codePointCount(0, text.length()) == text.length() ? new int[0] : placesOf(text);
        }

        private static int[] placesOf(String text) {
            int[] places = new int[text.length() + 1];
            int count = 0;
            for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
                places[count++] = i;
            }
            places[count++] = text.length();
            return Arrays.copyOf(places, count);
        }

        int utf16(int codePoint) {
            return places.length == 0 ? codePoint : places[codePoint];
        }
    }
}
