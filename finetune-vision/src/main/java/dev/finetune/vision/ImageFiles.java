package dev.finetune.vision;

import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Text;
import dev.finetune.data.TextFiles;
import dev.finetune.error.FinetuneException;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * Pictures named by a table: a CSV, TSV or JSON Lines file with a column of paths and one of labels.
 *
 * <pre>{@code
 * Dataset<Image> train = ImageFiles.csv(Path.of("photos/train.csv")).path("file").label("species").classification();
 * Dataset<Image> tags = ImageFiles.csv(Path.of("photos/tags.csv")).path(0).label(1).multiLabel(" ");
 * }</pre>
 *
 * <p>Relative paths start from the table's own folder unless {@link #folder} says otherwise. Unless told, paths are in
 * the first column, and labels in that named {@code label} or {@code labels}. The table is read as {@link TextFiles}
 * reads it: a bad row is named by file, line and reason. Pictures are not opened yet;
 * {@link ImageFolder#verified(Dataset, OnBroken)} looks at all of them. A reader never changes: each setting gives a new
 * one.
 */
public final class ImageFiles {
    private final TextFiles table;
    private final Path folder;

    private ImageFiles(TextFiles table, Path folder) {
        this.table = table;
        this.folder = folder;
    }

    private static ImageFiles of(TextFiles table, Path file) {
        Path folder = file.toAbsolutePath().getParent();
        return new ImageFiles(table, folder == null ? file : folder);
    }

    /**
     * Comma-separated columns with a header.
     *
     * @param file the table, which may be gzipped
     * @return a reader of it
     */
    public static ImageFiles csv(Path file) {
        Objects.requireNonNull(file, "file");
        return of(TextFiles.csv(file).text(0), file);
    }

    /**
     * Tab-separated columns with a header.
     *
     * @param file the table, which may be gzipped
     * @return a reader of it
     */
    public static ImageFiles tsv(Path file) {
        Objects.requireNonNull(file, "file");
        return of(TextFiles.tsv(file).text(0), file);
    }

    /**
     * {@return a reader of one JSON object on each line; the path is under the key {@code path} unless told}
     *
     * @param file the table, which may be gzipped
     */
    public static ImageFiles jsonLines(Path file) {
        Objects.requireNonNull(file, "file");
        return of(TextFiles.jsonLines(file).text("path"), file);
    }

    /**
     * The column (or JSON key) of the paths.
     *
     * @param column as the header, or the JSON objects, write it
     * @return a new reader with that setting
     */
    public ImageFiles path(String column) {
        Objects.requireNonNull(column, "column");
        return with(reader -> reader.text(column));
    }

    /**
     * The column of the paths, counted from 0. Default: 0.
     *
     * @param column at least 0
     * @return a new reader with that setting
     */
    public ImageFiles path(int column) {
        return with(reader -> reader.text(column));
    }

    /**
     * The column (or JSON key) of the label; several only for {@link #regression}.
     *
     * @param column as the header, or the JSON objects, write it
     * @param more the columns of further outputs
     * @return a new reader with that setting
     */
    public ImageFiles label(String column, String... more) {
        Objects.requireNonNull(column, "column");
        Objects.requireNonNull(more, "more");
        return with(reader -> reader.label(column, more));
    }

    /**
     * The column of the label, counted from 0; several only for {@link #regression}.
     *
     * @param column at least 0
     * @param more the columns of further outputs
     * @return a new reader with that setting
     */
    public ImageFiles label(int column, int... more) {
        Objects.requireNonNull(more, "more");
        return with(reader -> reader.label(column, more));
    }

    /**
     * The first line holds data; columns are named by number.
     *
     * @return a new reader with that setting
     */
    public ImageFiles noHeader() {
        return with(TextFiles::noHeader);
    }

    /**
     * The character between columns, such as {@code ';'}.
     *
     * @param delimiter one character
     * @return a new reader with that setting
     */
    public ImageFiles delimiter(char delimiter) {
        return with(reader -> reader.delimiter(delimiter));
    }

    /**
     * Whether quotation marks hold a column together. Default: true for CSV, false for TSV.
     *
     * @param on false where a quotation mark belongs to the path or label
     * @return a new reader with that setting
     */
    public ImageFiles quoting(boolean on) {
        return with(reader -> reader.quoting(on));
    }

    /**
     * The table's encoding. Default: UTF-8. A byte order mark wins over a Unicode encoding named here.
     *
     * @param charset how the table writes characters
     * @return a new reader with that setting
     */
    public ImageFiles charset(Charset charset) {
        Objects.requireNonNull(charset, "charset");
        return with(reader -> reader.charset(charset));
    }

    /**
     * Leaves bad rows out instead of failing; their number and the first reasons are logged.
     *
     * @return a new reader with that setting
     */
    public ImageFiles skipBadRows() {
        return with(TextFiles::skipBadRows);
    }

    /**
     * Reads only the first {@code n} good rows. Default: all.
     *
     * @param n at least 0
     * @return a new reader with that setting
     */
    public ImageFiles limit(long n) {
        return with(reader -> reader.limit(n));
    }

    /**
     * Where relative paths start. Default: the table's folder.
     *
     * @param start a directory
     * @return a new reader with that setting
     */
    public ImageFiles folder(Path start) {
        Objects.requireNonNull(start, "start");
        return new ImageFiles(table, start);
    }

    /**
     * {@return the pictures with one class each}
     *
     * @throws FinetuneException if the table can't be read, a column is missing, or a row is bad
     */
    public Dataset<Image> classification() {
        return images(table.classification());
    }

    /**
     * {@return the pictures with any number of classes, in one column; an empty value means no class}
     *
     * @param separator what stands between the names
     * @throws FinetuneException if the table can't be read, a column is missing, or a row is bad
     */
    public Dataset<Image> multiLabel(String separator) {
        Objects.requireNonNull(separator, "separator");
        return images(table.multiLabel(separator));
    }

    /**
     * {@return the pictures with any number of classes, each in a column of its own that holds 0 or 1}
     *
     * @param names the columns, which are the labels, too
     * @throws FinetuneException if the table can't be read, a column is missing, or a row is bad
     */
    public Dataset<Image> multiLabelColumns(List<String> names) {
        Objects.requireNonNull(names, "names");
        return images(table.multiLabelColumns(names));
    }

    /**
     * {@return the pictures with numbers, from one label column or several}
     *
     * @throws FinetuneException if the table can't be read, a column is missing, or a row is bad
     */
    public Dataset<Image> regression() {
        return images(table.regression());
    }

    /**
     * {@return the pictures alone}
     *
     * @throws FinetuneException if the table can't be read, a column is missing, or a row is bad
     */
    public Dataset<Image> unlabelled() {
        return images(table.unlabelled());
    }

    private Dataset<Image> images(Dataset<Text> rows) {
        return rows.map(
                        Image.class,
                        row -> new Example<>(
                                Image.of(folder.resolve(row.input().text().strip())), row.label()))
                .describedAs(rows.describe());
    }

    private ImageFiles with(UnaryOperator<TextFiles> setting) {
        return new ImageFiles(setting.apply(table), folder);
    }
}
