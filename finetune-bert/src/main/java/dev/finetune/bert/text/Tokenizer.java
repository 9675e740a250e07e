package dev.finetune.bert.text;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import dev.finetune.bert.text.definition.DefinitionCheck;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.saving.DirectorySave;
import dev.finetune.internal.saving.WholeRead;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A model's tokenizer: texts to token ids and back to places in the text, exactly as Hugging Face's tokenizers library
 * does it (whose native code it runs). Thread-safe: any number of threads may encode at once, and closing waits for
 * them. It holds native memory: close it.
 *
 * <p>A maximum length is an argument of every encoding; what a tokenizer.json says of truncation and padding is left
 * aside. Half surrogate pairs are read as U+FFFD. Nothing here touches the network.
 */
public final class Tokenizer implements AutoCloseable {
    /** So much of a text is shown where it is refused. */
    private static final int SHOWN = 60;

    private final NativeTokenizer tokens;
    private final Vocabulary vocabulary;
    private final Template template;
    private final SpecialTokens special;
    private final OptionalInt modelMaxLength;
    private final boolean givesTokenTypes;
    private final boolean leavesTokenTypesOpen;
    private final boolean fitForWords;
    private final boolean cleansUp;
    private final Beginnings beginnings;
    private final String source;

    /** How many tokens the model has embeddings for. */
    private volatile int embeddings = Integer.MAX_VALUE;

    /** The files to save, by name. */
    private final Map<String, byte[]> toSave;

    /** What a tokenizer is opened for. */
    private enum Use {
        TEXTS,
        WORDS,
        /** Words, tokenized as the files say whatever that is. */
        WORDS_AS_WRITTEN,
        /** Of a model that writes, which lays its batches out by itself. */
        WRITING
    }

    private Tokenizer(TokenizerFiles files, Use use) {
        final boolean forWords = use == Use.WORDS || use == Use.WORDS_AS_WRITTEN;
        SettingsCheck.check(files, use != Use.WRITING);
        TokenizerDefinition found = TokenizerDefinition.of(files);
        SettingsCheck.refuseLowerCasing(files, found.json());
        boolean changed = use == Use.WORDS && !found.fitForWords();
        TokenizerDefinition definition = changed ? found.forWords() : found;
        source = definition.source();
        vocabulary = Vocabulary.of(definition.json(), source);
        modelMaxLength = files.modelMaxLength();
        givesTokenTypes = SettingsCheck.givesTokenTypes(files);
        leavesTokenTypesOpen = SettingsCheck.leavesTokenTypesOpen(files);
        fitForWords = forWords || found.fitForWords();
        cleansUp = SpacesCleanUp.isAskedFor(files.json(TokenizerFiles.CONFIG), definition.json());
        tokens = NativeTokenizer.of(DefinitionCheck.of(definition.json(), vocabulary.largestId(), source), source);
        beginnings = new Beginnings(
                TextStart.of(definition.json()), LongRuns.of(definition.json()), this::encoded, this::encodedWords);
        try {
            template = Template.of(tokens, source);
            special = SpecialTokens.find(files.settings(), vocabulary, template);
            if (files.has(TokenizerFiles.TOKENIZER)) {
                new ClassCheck(files, definition.json(), TokenizerClass.of(files))
                        .checkAround(vocabulary, template.opening(), template.closing());
            }
            toSave = toSave(files, definition, changed);
        } catch (RuntimeException | Error e) {
            tokens.close();
            throw e;
        }
    }

    /**
     * Opens the tokenizer of a model directory: tokenizer.json where there is one, else what vocab.txt (WordPiece, as
     * BERT) or vocab.json with merges.txt (byte-level BPE, as RoBERTa) stand for, with the settings of
     * tokenizer_config.json and special_tokens_map.json.
     *
     * @param modelDirectory with the tokenizer's files
     * @return the tokenizer, to be closed by the caller
     * @throws FinetuneException if there is none, it cannot be read, or it pads or cuts on the left
     */
    public static Tokenizer open(Path modelDirectory) {
        return open(modelDirectory, Use.TEXTS);
    }

    /**
     * Opens it for a language model that goes on with a text: on which side batches are to be padded, which such a model's
     * batches don't depend on, may be said as one likes.
     *
     * @param modelDirectory with the tokenizer's files
     * @return the tokenizer, to be closed by the caller
     * @throws FinetuneException if there is none, or if it cannot be read
     */
    public static Tokenizer openForWriting(Path modelDirectory) {
        return open(modelDirectory, Use.WRITING);
    }

    /**
     * Opens it for sentences already split into words ({@link #encodeWords}), for a model that hasn't learned from such yet: a byte-level
     * tokenizer (RoBERTa) gets a space before each word ({@code add_prefix_space}), as Transformers demanded for such input before 5, and
     * is saved so.
     *
     * @param modelDirectory with the tokenizer's files
     * @return the tokenizer, to be closed by the caller
     * @throws FinetuneException as {@link #open}
     */
    public static Tokenizer openForWords(Path modelDirectory) {
        return open(modelDirectory, Use.WORDS);
    }

    /**
     * Opens it for sentences already split into words, for a model that has learned from such: words are tokenized as its files say.
     *
     * @param modelDirectory with the tokenizer's files
     * @return the tokenizer, to be closed by the caller
     * @throws FinetuneException as {@link #open}
     */
    public static Tokenizer openForWordsAsWritten(Path modelDirectory) {
        return open(modelDirectory, Use.WORDS_AS_WRITTEN);
    }

    private static Tokenizer open(Path modelDirectory, Use use) {
        TokenizerFiles files = Files.isDirectory(modelDirectory)
                ? WholeRead.of(modelDirectory)
                        .read(places -> TokenizerFiles.read(places.apply(modelDirectory)), read -> {})
                : TokenizerFiles.read(modelDirectory);
        try {
            return new Tokenizer(files, use);
        } catch (FinetuneException e) {
            throw e;
        } catch (RuntimeException e) { // a value of another kind than the format has there
            throw new FinetuneException(
                    "The tokenizer's files in " + modelDirectory + " ("
                            + String.join(", ", files.contents().keySet())
                            + ") are JSON but not in the shape of a tokenizer: " + e.getMessage()
                            + ". Copy them again from the model's source.",
                    e);
        }
    }

    private Map<String, byte[]> toSave(TokenizerFiles files, TokenizerDefinition definition, boolean changed) {
        Map<String, byte[]> saved = new LinkedHashMap<>(files.contents());
        if (changed || !files.has(TokenizerFiles.TOKENIZER)) {
            saved.put(TokenizerFiles.TOKENIZER, definition.json().toString().getBytes(StandardCharsets.UTF_8));
        }
        if (!files.has(TokenizerFiles.CONFIG)) {
            saved.put(TokenizerFiles.CONFIG, pretty(definition.minimalConfig(files, vocabulary, special)));
        } else if (changed) {
            JsonObject config = files.json(TokenizerFiles.CONFIG);
            config.addProperty("add_prefix_space", true);
            saved.put(TokenizerFiles.CONFIG, pretty(config));
        }
        return saved;
    }

    private static byte[] pretty(JsonObject json) {
        return new GsonBuilder()
                .setPrettyPrinting()
                .serializeNulls()
                .disableHtmlEscaping()
                .create()
                .toJson(json)
                .getBytes(StandardCharsets.UTF_8);
    }

    /** {@return how many tokens it knows, added ones included (Transformers' {@code len(tokenizer)})} */
    public int vocabularySize() {
        return vocabulary.size();
    }

    /**
     * {@return the id of a token, if the vocabulary has it}
     *
     * @param token as the vocabulary writes it
     */
    public OptionalInt idOf(String token) {
        return vocabulary.idOf(token);
    }

    /**
     * {@return the token with an id, as the vocabulary writes it ({@code ##ing}, {@code Ġthe})}
     *
     * @param id from 0
     * @throws FinetuneException if no token has the id
     */
    public String token(int id) {
        return vocabulary
                .token(id)
                .orElseThrow(() -> new FinetuneException("No token has the id " + id + "; the vocabulary of " + source
                        + " has " + vocabulary.size() + " tokens."));
    }

    /**
     * {@return the text of tokens, without special ones, {@linkplain #cleaned cleaned up}; bytes that are no whole character are
     * U+FFFD in it}
     *
     * @param ids of tokens, in order; one that the vocabulary lacks is left out
     */
    public String decode(int... ids) {
        return cleaned(decodeAsIs(ids));
    }

    /**
     * {@return the text of tokens as {@link #decode} gives it before it is cleaned up}
     *
     * @param ids of tokens, in order; one that the vocabulary lacks is left out
     */
    public String decodeAsIs(int... ids) {
        return tokens.decode(longs(ids), false);
    }

    /**
     * {@return the text of tokens, special ones as they are written, as it is before it is cleaned up}
     *
     * @param ids of tokens, in order; one that the vocabulary lacks is left out
     */
    public String decodeAll(int... ids) {
        return tokens.decode(longs(ids), true);
    }

    private static long[] longs(int[] ids) {
        return Arrays.stream(ids).asLongStream().toArray();
    }

    /** {@return whether spaces before punctuation are taken away (clean_up_tokenization_spaces, which counts unless it is BPE)} */
    public boolean cleansUp() {
        return cleansUp;
    }

    /**
     * {@return a text without the spaces before punctuation and in contractions that Transformers takes away; the same text where
     * the tokenizer's settings don't ask for that}
     *
     * @param text whole, as {@link #decodeAsIs} gives it
     */
    public String cleaned(String text) {
        Objects.requireNonNull(text, "text");
        return cleansUp ? SpacesCleanUp.of(text) : text;
    }

    /** {@return the special tokens' ids} */
    public SpecialTokens specialTokens() {
        return special;
    }

    /**
     * {@return the most tokens that the model takes, as sentence_bert_config.json (of sentence-transformers) or else
     * tokenizer_config.json says; empty where they say nothing}
     */
    public OptionalInt modelMaxLength() {
        return modelMaxLength;
    }

    /**
     * {@return whether a network that reads token types is to be told them (model_input_names in
     * tokenizer_config.json); otherwise all are 0}
     */
    public boolean givesTokenTypes() {
        return givesTokenTypes;
    }

    /**
     * {@return whether the tokenizer's files don't say if a network is to be told token types, and versions of Transformers differ:
     * with {@code AlbertTokenizer} and {@code PreTrainedTokenizerFast} they gave them before 5, and give none since}
     */
    public boolean leavesTokenTypesOpen() {
        return leavesTokenTypesOpen;
    }

    /**
     * {@return the token with an id; of one that stands for nothing, as vocabularies that were padded to a round size have, its number}
     *
     * @param id from 0
     */
    public String tokenOrNumber(int id) {
        return vocabulary.token(id).orElseGet(() -> "[no token " + id + "]");
    }

    /** {@return the largest id of a token; of those that the model has embeddings for, once that {@linkplain #checkEmbeddings is known}} */
    public int largestId() {
        return Math.min(vocabulary.largestId(), embeddings - 1);
    }

    /**
     * Says how many tokens a model that writes has embeddings for, so that a text with another is refused. Published checkpoints have
     * special tokens beyond them that texts don't hold: {@code <mask>} of BART's that summarise, the place of a picture in Gemma 3.
     *
     * @param rows of the embeddings (vocab_size)
     * @param place of the tokenizer, for the message
     * @throws FinetuneException if any text, or what is laid around and beside it, may hold a token that has none
     */
    public void checkEmbeddings(int rows, Object place) {
        final IntStream beside = Stream.of(
                        special.cls(), special.sep(), special.pad(), special.unk(), special.bos(), special.eos())
                .flatMapToInt(OptionalInt::stream);
        final int last = IntStream.concat(beside, Arrays.stream(template.specialIds()))
                .reduce(vocabulary.largestPlainId(), Math::max);
        if (last >= rows) {
            throw new FinetuneException("The tokenizer in " + place + " gives the token \"" + tokenOrNumber(last)
                    + "\" the id " + last + ", but the model has embeddings for " + rows
                    + " tokens only (vocab_size in its config.json): they don't belong together."
                    + " Tokens that were added later (added_tokens.json, special tokens that the vocabulary lacks) need"
                    + " embeddings, too: resize them in Python (resize_token_embeddings), or remove the tokens.");
        }
        embeddings = rows;
    }

    private List<RawTokens> encoded(List<String> texts, Detail detail) {
        final List<RawTokens> all = tokens.encode(texts, detail);
        for (int i = 0; i < all.size(); i++) {
            checkKnown(all.get(i), texts.get(i));
        }
        return all;
    }

    private RawTokens encodedWords(List<String> words) {
        final RawTokens all = tokens.encodeWords(words);
        checkKnown(all, String.join(" ", words));
        return all;
    }

    private void checkKnown(RawTokens raw, String text) {
        final int rows = embeddings;
        for (int id : raw.ids()) {
            if (id >= rows) {
                throw new FinetuneException("The text \""
                        + (text.length() > SHOWN ? text.substring(0, SHOWN) + "..." : text)
                        + "\" holds the token \"" + tokenOrNumber(id) + "\" with the id " + id
                        + ", and the model has embeddings for " + rows + " tokens only (vocab_size in its config.json):"
                        + " take it out of the text, or resize the embeddings in Python (resize_token_embeddings).");
            }
        }
    }

    /**
     * {@return the largest token type that a text, or a pair, has}
     *
     * @param pair whether there are two texts
     */
    public int largestType(boolean pair) {
        return template.largestType(pair);
    }

    /**
     * {@return how many special tokens are laid around a text, or around a pair}
     *
     * @param pair whether there are two texts
     */
    public int overhead(boolean pair) {
        return template.overhead(pair);
    }

    /**
     * {@link #encode(List, int, Detail)} with ids and types only.
     *
     * @param texts single ones or pairs
     * @param maxLength in tokens, special tokens included; longer texts are cut
     * @return what {@link #encode(List, int, Detail)} gives, with ids and types only
     */
    public List<TokenizedText> encode(List<Text> texts, int maxLength) {
        return encode(texts, maxLength, Detail.IDS);
    }

    /**
     * Encodes texts and pairs with their special tokens. What is too long is cut at its end; of a pair, the longer text
     * first (Transformers' {@code truncation="longest_first"}).
     *
     * @param texts what to encode; many at once are faster than one by one
     * @param maxLength the most tokens of a result, special tokens included
     * @param detail what to find out besides ids
     * @return one result a text, in order
     * @throws FinetuneException if the maximum leaves no room beside the special tokens
     */
    public List<TokenizedText> encode(List<Text> texts, int maxLength, Detail detail) {
        List<String> flat = new ArrayList<>(texts.size());
        boolean pairs = false;
        for (Text text : texts) {
            flat.add(text.text());
            String second = text.pair();
            if (second != null) {
                flat.add(second);
                pairs = true;
            }
        }
        checkMaxLength(maxLength, pairs);
        List<RawTokens> raw = beginnings.of(flat, maxLength, detail);
        List<TokenizedText> result = new ArrayList<>(texts.size());
        int at = 0;
        for (Text text : texts) {
            RawTokens first = raw.get(at++);
            RawTokens second = text.pair() == null ? null : raw.get(at++);
            if (second != null && Math.min(first.length(), second.length()) >= maxLength && detail == Detail.IDS) {
                // Both are cut: which of them keeps the odd token depends on where their words end.
                List<RawTokens> words = beginnings.of(flat.subList(at - 2, at), maxLength, Detail.WORDS);
                first = words.get(0);
                second = words.get(1);
            }
            result.add(template.lay(first, second, maxLength, detail));
        }
        return result;
    }

    /**
     * Encodes a sentence that is already split into words (Transformers' {@code is_split_into_words}): each word is
     * split further by itself, and a token's word id is the place of its word in the list. Offsets are not given.
     *
     * @param words the words, in order
     * @param maxLength the most tokens of the result, special tokens included
     * @return the tokens, each with the place of its word
     * @throws FinetuneException if the tokenizer was not opened with {@link #openForWords} and needs to be, or the
     *     maximum leaves no room
     */
    public TokenizedText encodeWords(List<String> words, int maxLength) {
        return template.lay(rawWords(words, maxLength).tokens(), null, maxLength, Detail.WORDS);
    }

    /**
     * Encodes a text as it is and to its end, without special tokens laid around it (those that the text itself writes are
     * found), as for what a chat template or a generating model's prompt wrote.
     *
     * @param text what to encode
     * @return its tokens, with their words and offsets; all types are 0
     * @throws FinetuneException if the tokenizer can't encode the text
     */
    public TokenizedText encodeWhole(String text) {
        RawTokens raw = encoded(List.of(text), Detail.OFFSETS).get(0);
        return new TokenizedText(raw.ids(), new int[raw.length()], raw.words(), raw.starts(), raw.ends(), -1, false);
    }

    Beginnings.Sentence rawWords(List<String> words, int maxLength) {
        if (!fitForWords) {
            throw new FinetuneException("The tokenizer of " + source + " takes every word of a list for the start of a"
                    + " text; open it with Tokenizer.openForWords, which sets add_prefix_space.");
        }
        checkMaxLength(maxLength, false);
        return beginnings.ofWords(words, maxLength);
    }

    List<RawTokens> raw(List<String> texts, Detail detail) {
        return encoded(texts, detail);
    }

    Template template() {
        return template;
    }

    void checkMaxLength(int maxLength, boolean pairs) {
        int overhead = overhead(pairs);
        if (maxLength <= overhead) {
            throw new FinetuneException("A maximum length of " + maxLength + " tokens leaves no room for "
                    + (pairs ? "a pair of texts" : "a text") + ": its special tokens alone are " + overhead
                    + " with the tokenizer of " + source + ". Say maxLength(...), or mend what finetune.json,"
                    + " sentence_bert_config.json or tokenizer_config.json say of it.");
        }
    }

    /**
     * Writes the tokenizer into a directory (made if need be), where this class and Transformers' AutoTokenizer open
     * it: tokenizer.json (unchanged where there was one), tokenizer_config.json, and the other files that it came with.
     *
     * @param directory made if need be
     * @throws IOException if writing fails
     */
    public void save(Path directory) throws IOException {
        DirectorySave.some(directory, toSave.keySet(), folder -> {
            for (Map.Entry<String, byte[]> file : toSave.entrySet()) {
                Files.write(folder.resolve(file.getKey()), file.getValue());
            }
        });
    }

    @Override
    public void close() {
        tokens.close();
    }
}
