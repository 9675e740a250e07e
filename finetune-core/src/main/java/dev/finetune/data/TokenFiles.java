package dev.finetune.data;

import dev.finetune.error.FinetuneException;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Reads sentences of words with one tag each, for named entities and parts of speech.
 *
 * <pre>{@code
 * Dataset<Words> train = TokenFiles.conll(Path.of("wnut17train.conll")).tokenClassification();
 * Dataset<Words> conll2003 = TokenFiles.conll(Path.of("eng.train")).token(0).tag(3).tokenClassification();
 * }</pre>
 *
 * <p>CoNLL files have one word a line, a blank line after each sentence, and columns parted by a tab or, in lines
 * without one, by blanks; lines that start with {@code -DOCSTART-} are left out, and so are comments (see {@link
 * #comments}). JSON Lines files hold two arrays of
 * strings, {@code tokens} and {@code tags} or {@code ner_tags}. CoNLL-U files ({@link #conllu}) are read by the names of
 * their columns. Encoding, gzip and bad rows are as with
 * {@link TextFiles}; a bad line spoils its whole sentence.
 *
 * <p>A reader never changes: each setting gives a new one. Reading starts with {@link #tokenClassification} or
 * {@link #unlabelled}.
 */
public final class TokenFiles {
    private final Path path;
    private final Format format;
    private final ReadOptions options;

    /** How sentences are written, and where in it words and tags are. */
    private sealed interface Format {
        /** Columns counted from 0; the tag's is the last unless given. What comments start with, unless that is guessed. */
        record Conll(int token, OptionalInt tag, Optional<String> comments) implements Format {}

        /** Names of columns. */
        record Conllu(String token, String tag) implements Format {}

        /** Keys; the tags' is the first of those that there is. */
        record Json(String tokens, List<String> tags) implements Format {}
    }

    private TokenFiles(Path path, Format format, ReadOptions options) {
        this.path = path;
        this.format = format;
        this.options = options;
    }

    /**
     * {@return a reader of one word a line; the word in the first column, the tag in the last}
     *
     * @param path the file, which may be gzipped
     */
    public static TokenFiles conll(Path path) {
        Objects.requireNonNull(path, "path");
        return new TokenFiles(path, new Format.Conll(0, OptionalInt.empty(), Optional.empty()), ReadOptions.DEFAULT);
    }

    /**
     * Universal Dependencies' CoNLL-U (https://universaldependencies.org/format.html): ten columns parted by tabs, of which
     * the word is {@code form} and the tag {@code upos}. Comments, the written form of contracted words (1-2) and empty
     * nodes (8.1) are left out: each of the contracted words has its own line. A word without a tag ("_") is a bad row.
     *
     * @param path the file, which may be gzipped
     * @return a reader of it
     */
    public static TokenFiles conllu(Path path) {
        Objects.requireNonNull(path, "path");
        return new TokenFiles(path, new Format.Conllu("form", "upos"), ReadOptions.DEFAULT);
    }

    /**
     * {@return a reader of one JSON object a line, with its words under {@code tokens}, its tags under {@code tags} or {@code
     * ner_tags}}
     *
     * @param path the file, which may be gzipped
     */
    public static TokenFiles jsonLines(Path path) {
        Objects.requireNonNull(path, "path");
        return new TokenFiles(path, new Format.Json("tokens", List.of("tags", "ner_tags")), ReadOptions.DEFAULT);
    }

    /**
     * CoNLL: the column of the word, counted from 0. Default: the first.
     *
     * @param column at least 0
     * @return a new reader with that setting
     */
    public TokenFiles token(int column) {
        Format.Conll conll = conll("token(column)");
        return withFormat(new Format.Conll(checked(column), conll.tag(), conll.comments()));
    }

    /**
     * CoNLL: the column of the tag, counted from 0. Default: the last.
     *
     * @param column at least 0
     * @return a new reader with that setting
     */
    public TokenFiles tag(int column) {
        Format.Conll conll = conll("tag(column)");
        return withFormat(new Format.Conll(conll.token(), OptionalInt.of(checked(column)), conll.comments()));
    }

    /**
     * CoNLL: what comments start with, before a sentence's first word; behind it there are words only. With "" there are
     * none. Default: lines that start with {@code #} and can't be a word are comments, and their number is logged: in a file
     * with tabs those without one or with a blank before the first, else those with more or fewer columns than the words,
     * or with a lone {@code #} first and in the tag's column neither a tag that was seen before nor one of an entity
     * ("B-PER", "O"). A word {@code #} or {@code #hashtag} with its tag stays a word.
     *
     * @param prefix such as "//"
     * @return a new reader with that setting
     */
    public TokenFiles comments(String prefix) {
        Objects.requireNonNull(prefix, "prefix");
        Format.Conll conll = conll("comments(prefix)");
        return withFormat(new Format.Conll(conll.token(), conll.tag(), Optional.of(prefix)));
    }

    /**
     * CoNLL-U: the column of the word by its name. Default: {@code form}.
     *
     * @param column one of CoNLL-U's ten, such as "lemma"
     * @return a new reader with that setting
     * @throws FinetuneException if CoNLL-U has no such column, or for another format
     */
    public TokenFiles token(String column) {
        Objects.requireNonNull(column, "column");
        return withFormat(new Format.Conllu(
                ConlluLines.checked(column), conllu("token(name)").tag()));
    }

    /**
     * CoNLL-U: the column of the tag by its name, {@code xpos} or {@code deprel}, say. Default: {@code upos}.
     *
     * @param column one of CoNLL-U's ten
     * @return a new reader with that setting
     * @throws FinetuneException if CoNLL-U has no such column, or for another format
     */
    public TokenFiles tag(String column) {
        Objects.requireNonNull(column, "column");
        return withFormat(new Format.Conllu(conllu("tag(name)").token(), ConlluLines.checked(column)));
    }

    /**
     * JSON Lines: the key of the words. Default: {@code tokens}.
     *
     * @param key of an array of strings
     * @return a new reader with that setting
     */
    public TokenFiles tokens(String key) {
        Objects.requireNonNull(key, "key");
        return withFormat(new Format.Json(key, json("tokens(key)").tags()));
    }

    /**
     * JSON Lines: the key of the tags. Default: {@code tags} or {@code ner_tags}.
     *
     * @param key of an array of strings
     * @return a new reader with that setting
     */
    public TokenFiles tags(String key) {
        Objects.requireNonNull(key, "key");
        return withFormat(new Format.Json(json("tags(key)").tokens(), List.of(key)));
    }

    /**
     * The file's encoding. Default: UTF-8. A byte order mark wins over a Unicode encoding named here.
     *
     * @param charset how the file writes characters
     * @return a new reader with that setting
     */
    public TokenFiles charset(Charset charset) {
        Objects.requireNonNull(charset, "charset");
        return withOptions(options.withCharset(charset));
    }

    /**
     * Leaves bad sentences out instead of failing; their number and the first reasons are logged at the end.
     *
     * @return a new reader with that setting
     */
    public TokenFiles skipBadRows() {
        return withOptions(options.skippingBadRows());
    }

    /**
     * Reads only the first {@code n} good sentences. Default: all.
     *
     * @param n at least 0
     * @return a new reader with that setting
     */
    public TokenFiles limit(long n) {
        return withOptions(options.withLimit(n));
    }

    /**
     * Reads the file anew at each pass, in constant memory, for files larger than memory.
     *
     * @return a new reader with that setting
     */
    public TokenFiles streamed() {
        return withOptions(options.asStream());
    }

    /**
     * {@return the sentences with one tag a word: each label is a {@link Label.Tags}}
     *
     * @throws FinetuneException if the file can't be read or a sentence is bad
     */
    public Dataset<Words> tokenClassification() {
        return read(true);
    }

    /**
     * {@return the sentences without their tags: each label is a {@link Label.None}}
     *
     * @throws FinetuneException if the file can't be read or a sentence is bad
     */
    public Dataset<Words> unlabelled() {
        return read(false);
    }

    private Dataset<Words> read(boolean tagged) {
        ExampleReader.Opener<Words> opener = () -> {
            LineReader lines = LineReader.open(path, options.charset());
            if (format instanceof Format.Conll conll) {
                return new SentenceReader(
                        lines, new ConllLines(conll.token(), conll.tag(), tagged, conll.comments()), tagged);
            }
            if (format instanceof Format.Conllu conllu) {
                return new SentenceReader(lines, new ConlluLines(conllu.token(), conllu.tag(), tagged), tagged);
            }
            Format.Json json = (Format.Json) format;
            return new JsonWordsReader(lines, json.tokens(), json.tags(), tagged);
        };
        return new ExampleFile<>(path, Words.class, options, opener).dataset();
    }

    private Format.Conll conll(String setting) {
        if (format instanceof Format.Conll conll) {
            return conll;
        }
        throw misfit(setting, "CoNLL files");
    }

    private Format.Conllu conllu(String setting) {
        if (format instanceof Format.Conllu conllu) {
            return conllu;
        }
        throw misfit(setting, "CoNLL-U files");
    }

    private Format.Json json(String setting) {
        if (format instanceof Format.Json json) {
            return json;
        }
        throw misfit(setting, "JSON Lines");
    }

    private FinetuneException misfit(String setting, String meant) {
        String as = format instanceof Format.Conll
                ? "CoNLL: use token(column) and tag(column)"
                : format instanceof Format.Conllu
                        ? "CoNLL-U: use token(\"form\") and tag(\"upos\")"
                        : "JSON Lines: use tokens(key) and tags(key)";
        return new FinetuneException(setting + " is for " + meant + ", but " + path + " is read as " + as + ".");
    }

    private static int checked(int column) {
        return new Column.At(column).index();
    }

    private TokenFiles withFormat(Format other) {
        return new TokenFiles(path, other, options);
    }

    private TokenFiles withOptions(ReadOptions other) {
        return new TokenFiles(path, format, other);
    }
}
