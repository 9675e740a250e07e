package dev.finetune.data;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads texts, or pairs of texts, and their labels from TSV, CSV and JSON Lines files.
 *
 * <pre>{@code
 * Dataset<Text> train = TextFiles.tsv(Path.of("sst2/train.tsv")).classification();
 * Dataset<Text> cola = TextFiles.tsv(Path.of("cola.tsv")).noHeader().text(3).label(1).classification();
 * }</pre>
 *
 * <p>Files are UTF-8 unless {@link #charset} says otherwise; a byte order mark of UTF-8 or UTF-16 is obeyed, and gzip
 * is known by its first bytes. Columns are named by their header (or JSON key) or by number, counted from 0. Unless
 * told, the text is the column named {@code text} or {@code sentence}, or else the first (JSON has no first), and the
 * label that named {@code label} or {@code labels}. Blank lines are left out.
 *
 * <p>A row is bad if it has too many or too few columns, lacks a text or label, has a value of the wrong kind, broken
 * quoting or JSON, or bytes that aren't in the file's encoding. The first bad row stops reading with an exception that
 * names file, line and reason, unless {@link #skipBadRows} is set.
 *
 * <p>A reader never changes: each setting gives a new one. Reading starts with the last call, which says what the labels
 * are: {@link #classification}, {@link #multiLabel}, {@link #multiLabelColumns}, {@link #regression} or
 * {@link #unlabelled}.
 */
public final class TextFiles {
    private final Path path;
    private final RowFormat format;
    private final Column text;
    private final @Nullable Column pair;
    private final List<Column> labels;
    private final ReadOptions options;

    private TextFiles(
            Path path, RowFormat format, Column text, @Nullable Column pair, List<Column> labels, ReadOptions options) {
        this.path = path;
        this.format = format;
        this.text = text;
        this.pair = pair;
        this.labels = labels;
        this.options = options;
    }

    private static TextFiles of(Path path, RowFormat format) {
        return new TextFiles(path, format, Column.TEXT, null, List.of(Column.LABEL), ReadOptions.DEFAULT);
    }

    /**
     * Tab-separated columns with a header. A quotation mark is text, as in the files of GLUE.
     *
     * @param path the file, which may be gzipped
     * @return a reader of it
     */
    public static TextFiles tsv(Path path) {
        Objects.requireNonNull(path, "path");
        return of(path, RowFormat.tsv());
    }

    /**
     * Comma-separated columns with a header, quoted as RFC 4180 says: quotes may hold commas and line breaks.
     *
     * @param path the file, which may be gzipped
     * @return a reader of it
     */
    public static TextFiles csv(Path path) {
        Objects.requireNonNull(path, "path");
        return of(path, RowFormat.csv());
    }

    /**
     * {@return a reader of one JSON object on each line}
     *
     * @param path the file, which may be gzipped
     */
    public static TextFiles jsonLines(Path path) {
        Objects.requireNonNull(path, "path");
        return of(path, new RowFormat.JsonLines());
    }

    /**
     * {@return the format that the file's name tells: {@code .tsv}, {@code .csv} or {@code .jsonl}, with or without
     * {@code .gz}}
     *
     * @param path the file
     * @throws FinetuneException if the name tells none of these
     */
    public static TextFiles of(Path path) {
        Objects.requireNonNull(path, "path");
        return of(path, RowFormat.of(path));
    }

    /**
     * The column (or JSON key) of the text.
     *
     * @param name as the header, or the JSON objects, write it
     * @return a new reader with that setting
     */
    public TextFiles text(String name) {
        Objects.requireNonNull(name, "name");
        return withText(new Column.Named(name));
    }

    /**
     * The column of the text, counted from 0.
     *
     * @param column at least 0
     * @return a new reader with that setting
     */
    public TextFiles text(int column) {
        return withText(new Column.At(column));
    }

    /**
     * The column (or JSON key) of the second text of each pair. Default: no pairs.
     *
     * @param name as the header, or the JSON objects, write it
     * @return a new reader with that setting
     */
    public TextFiles pair(String name) {
        Objects.requireNonNull(name, "name");
        return withPair(new Column.Named(name));
    }

    /**
     * The column of the second text of each pair, counted from 0. Default: no pairs.
     *
     * @param column at least 0
     * @return a new reader with that setting
     */
    public TextFiles pair(int column) {
        return withPair(new Column.At(column));
    }

    /**
     * The column (or JSON key) of the label; several only for {@link #regression} with several outputs.
     *
     * @param name as the header, or the JSON objects, write it
     * @param more the columns of further outputs
     * @return a new reader with that setting
     */
    public TextFiles label(String name, String... more) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(more, "more");
        return withLabels(Stream.concat(Stream.of(name), Stream.of(more))
                .<Column>map(Column.Named::new)
                .toList());
    }

    /**
     * The column of the label, counted from 0; several only for {@link #regression} with several outputs.
     *
     * @param column at least 0
     * @param more the columns of further outputs
     * @return a new reader with that setting
     */
    public TextFiles label(int column, int... more) {
        Objects.requireNonNull(more, "more");
        return withLabels(IntStream.concat(IntStream.of(column), IntStream.of(more))
                .<Column>mapToObj(Column.At::new)
                .toList());
    }

    /**
     * The first line holds data; columns are named by number.
     *
     * @return a new reader with that setting
     */
    public TextFiles noHeader() {
        RowFormat.Delimited old = delimited("noHeader()");
        return withFormat(new RowFormat.Delimited(old.delimiter(), old.quoting(), false));
    }

    /**
     * The first line holds the columns' names. This is the default.
     *
     * @return a new reader with that setting
     */
    public TextFiles header() {
        RowFormat.Delimited old = delimited("header()");
        return withFormat(new RowFormat.Delimited(old.delimiter(), old.quoting(), true));
    }

    /**
     * Whether quotation marks hold a column together. Default: true for CSV, false for TSV.
     *
     * @param on false where a quotation mark is text
     * @return a new reader with that setting
     */
    public TextFiles quoting(boolean on) {
        RowFormat.Delimited old = delimited("quoting()");
        return withFormat(new RowFormat.Delimited(old.delimiter(), on, old.header()));
    }

    /**
     * The character between columns, such as {@code ';'}. Default: a tab for TSV, a comma for CSV.
     *
     * @param delimiter no quotation mark and no line break
     * @return a new reader with that setting
     */
    public TextFiles delimiter(char delimiter) {
        RowFormat.Delimited old = delimited("delimiter()");
        return withFormat(new RowFormat.Delimited(delimiter, old.quoting(), old.header()));
    }

    /**
     * The file's encoding. Default: UTF-8. A byte order mark wins over a Unicode encoding named here.
     *
     * @param charset how the file writes characters
     * @return a new reader with that setting
     */
    public TextFiles charset(Charset charset) {
        Objects.requireNonNull(charset, "charset");
        return withOptions(options.withCharset(charset));
    }

    /**
     * Leaves bad rows out instead of failing; their number and the first reasons are logged at the end.
     *
     * @return a new reader with that setting
     */
    public TextFiles skipBadRows() {
        return withOptions(options.skippingBadRows());
    }

    /**
     * Reads only the first {@code n} good rows. Default: all.
     *
     * @param n at least 0
     * @return a new reader with that setting
     */
    public TextFiles limit(long n) {
        return withOptions(options.withLimit(n));
    }

    /**
     * Reads the file anew at each pass, in constant memory, for files larger than memory.
     *
     * @return a new reader with that setting
     */
    public TextFiles streamed() {
        return withOptions(options.asStream());
    }

    /**
     * {@return the texts with one class each: each label is a {@link Label.Category}} Numbers and truth values of JSON are names,
     * too.
     *
     * @throws FinetuneException if the file can't be read, a column is missing, or a row is bad
     */
    public Dataset<Text> classification() {
        Column label = onlyLabel("classification()");
        return read(row -> new Label.Category(row.name(label)));
    }

    /**
     * {@return the texts with any number of classes, in one column: each label is a {@link Label.Categories}} An empty value
     * means no class; JSON may hold an array of names.
     *
     * @param separator what stands between the names, such as {@code ","}
     * @throws FinetuneException if the file can't be read, a column is missing, or a row is bad
     */
    public Dataset<Text> multiLabel(String separator) {
        Objects.requireNonNull(separator, "separator");
        if (separator.isEmpty()) {
            throw new FinetuneException("The separator of multiLabel(separator) is empty, expected such as \",\".");
        }
        Column label = onlyLabel("multiLabel(separator)");
        return read(row -> new Label.Categories(row.names(label, separator)));
    }

    /**
     * {@return the texts with any number of classes, each in a column of its own that holds 0 or 1: each label is a {@link
     * Label.Categories}}
     *
     * @param names the columns, which are the names of the classes
     * @throws FinetuneException if the file can't be read, a column is missing, or a row is bad
     */
    public Dataset<Text> multiLabelColumns(List<String> names) {
        Objects.requireNonNull(names, "names");
        if (names.isEmpty()) {
            throw new FinetuneException("multiLabelColumns(names) got no names. Name the columns of the classes.");
        }
        List<Column.Named> columns = names.stream().map(Column.Named::new).toList();
        return read(row -> {
            Set<String> found = new LinkedHashSet<>();
            for (Column.Named column : columns) {
                if (row.flag(column)) {
                    found.add(column.name());
                }
            }
            return new Label.Categories(found);
        });
    }

    /**
     * {@return the texts with numbers, from one label column or several: each label is a {@link Label.Values}} A JSON
     * value may be an array.
     *
     * @throws FinetuneException if the file can't be read, a column is missing, or a row is bad
     */
    public Dataset<Text> regression() {
        return read(row -> {
            List<Double> values = new ArrayList<>();
            for (Column label : labels) {
                values.addAll(row.numbers(label));
            }
            return new Label.Values(values);
        });
    }

    /**
     * {@return the texts alone: each label is a {@link Label.None}}
     *
     * @throws FinetuneException if the file can't be read, a column is missing, or a row is bad
     */
    public Dataset<Text> unlabelled() {
        return read(row -> Label.none());
    }

    /** Takes the label from a row. */
    private interface Labeller {
        Label label(Row row) throws BadRow;
    }

    private Dataset<Text> read(Labeller labeller) {
        return new ExampleFile<>(path, Text.class, options, () -> new TextRows(labeller)).dataset();
    }

    private Column onlyLabel(String task) {
        if (labels.size() != 1) {
            throw new FinetuneException(task + " reads one label column, but label(...) names " + labels.size()
                    + ". For one column a class use multiLabelColumns(names), for several numbers regression().");
        }
        return labels.get(0);
    }

    private RowFormat.Delimited delimited(String setting) {
        if (format instanceof RowFormat.Delimited delimited) {
            return delimited;
        }
        throw new FinetuneException(setting + " is for CSV and TSV, but " + path + " is read as JSON Lines.");
    }

    private TextFiles withText(Column column) {
        return new TextFiles(path, format, column, pair, labels, options);
    }

    private TextFiles withPair(Column column) {
        return new TextFiles(path, format, text, column, labels, options);
    }

    private TextFiles withLabels(List<Column> columns) {
        return new TextFiles(path, format, text, pair, columns, options);
    }

    private TextFiles withFormat(RowFormat other) {
        return new TextFiles(path, other, text, pair, labels, options);
    }

    private TextFiles withOptions(ReadOptions other) {
        return new TextFiles(path, format, text, pair, labels, other);
    }

    /** One pass over the rows as examples. */
    private final class TextRows implements ExampleReader<Text> {
        private final Row.Reader rows;
        private final Labeller labeller;

        TextRows(Labeller labeller) throws IOException {
            this.rows = format.open(path, options.charset());
            this.labeller = labeller;
        }

        @Override
        public @Nullable Example<Text> next() throws IOException, BadRow {
            Row row = rows.next();
            if (row == null) {
                return null;
            }
            Text input = new Text(row.text(text), pair == null ? null : row.text(pair));
            return new Example<>(input, labeller.label(row));
        }

        @Override
        public boolean skip() throws IOException {
            return rows.skip();
        }

        @Override
        public void close() throws IOException {
            rows.close();
        }
    }
}
