package dev.finetune.data;

import dev.finetune.FinetuneException;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
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
 * without one, by blanks; lines that start with {@code -DOCSTART-} are left out. JSON Lines files hold two arrays of
 * strings, {@code tokens} and {@code tags} or {@code ner_tags}. Encoding, gzip and bad rows are as with
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
        /** Columns counted from 0; the tag's is the last unless given. */
        record Conll(int token, OptionalInt tag) implements Format {}

        /** Keys; the tags' is the first of those that there is. */
        record Json(String tokens, List<String> tags) implements Format {}
    }

    private TokenFiles(Path path, Format format, ReadOptions options) {
        this.path = path;
        this.format = format;
        this.options = options;
    }

    /** One word a line; the word in the first column, the tag in the last. */
    public static TokenFiles conll(Path path) {
        Objects.requireNonNull(path, "path");
        return new TokenFiles(path, new Format.Conll(0, OptionalInt.empty()), ReadOptions.DEFAULT);
    }

    /** One JSON object a line, with its words under {@code tokens}, its tags under {@code tags} or {@code ner_tags}. */
    public static TokenFiles jsonLines(Path path) {
        Objects.requireNonNull(path, "path");
        return new TokenFiles(path, new Format.Json("tokens", List.of("tags", "ner_tags")), ReadOptions.DEFAULT);
    }

    /** CoNLL: the column of the word, counted from 0. Default: the first. */
    public TokenFiles token(int column) {
        return withFormat(
                new Format.Conll(checked(column), conll("token(column)").tag()));
    }

    /** CoNLL: the column of the tag, counted from 0. Default: the last. */
    public TokenFiles tag(int column) {
        return withFormat(new Format.Conll(conll("tag(column)").token(), OptionalInt.of(checked(column))));
    }

    /** JSON Lines: the key of the words. Default: {@code tokens}. */
    public TokenFiles tokens(String key) {
        Objects.requireNonNull(key, "key");
        return withFormat(new Format.Json(key, json("tokens(key)").tags()));
    }

    /** JSON Lines: the key of the tags. Default: {@code tags} or {@code ner_tags}. */
    public TokenFiles tags(String key) {
        Objects.requireNonNull(key, "key");
        return withFormat(new Format.Json(json("tags(key)").tokens(), List.of(key)));
    }

    /** The file's encoding. Default: UTF-8. A byte order mark wins over a Unicode encoding named here. */
    public TokenFiles charset(Charset charset) {
        Objects.requireNonNull(charset, "charset");
        return withOptions(options.withCharset(charset));
    }

    /** Leaves bad sentences out instead of failing; their number and the first reasons are logged at the end. */
    public TokenFiles skipBadRows() {
        return withOptions(options.skippingBadRows());
    }

    /** Reads only the first {@code n} good sentences. Default: all. */
    public TokenFiles limit(long n) {
        return withOptions(options.withLimit(n));
    }

    /** Reads the file anew at each pass, in constant memory, for files larger than memory. */
    public TokenFiles streamed() {
        return withOptions(options.asStream());
    }

    /**
     * Sentences with one tag a word: each label is a {@link Label.Tags}.
     *
     * @throws FinetuneException if the file can't be read or a sentence is bad
     */
    public Dataset<Words> tokenClassification() {
        return read(true);
    }

    /**
     * Sentences without their tags: each label is a {@link Label.None}.
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
                return new ConllReader(lines, conll.token(), conll.tag(), tagged);
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
        throw new FinetuneException(setting + " is for CoNLL files, but " + path
                + " is read as JSON Lines: use tokens(key) and tags(key).");
    }

    private Format.Json json(String setting) {
        if (format instanceof Format.Json json) {
            return json;
        }
        throw new FinetuneException(
                setting + " is for JSON Lines, but " + path + " is read as CoNLL: use token(column) and tag(column).");
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
