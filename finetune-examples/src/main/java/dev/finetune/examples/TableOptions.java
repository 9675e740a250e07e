package dev.finetune.examples;

import dev.finetune.data.TextFiles;
import dev.finetune.vision.ImageFiles;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.UnsupportedCharsetException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import picocli.CommandLine.Option;

/** The options that say how a table is written, be it of texts or of pictures' paths. */
final class TableOptions {
    @Option(names = "--label-column", description = "Header name or zero-based number of the label's column.")
    private String labelColumn = "";

    @Option(names = "--no-header", description = "The files have no header line.")
    private boolean noHeader;

    @Option(
            names = "--delimiter",
            description = "The character between columns, such as \";\" or tab; by default what the file's name says:"
                    + " a comma in .csv, a tab in .tsv.")
    private String delimiter = "";

    @Option(
            names = "--quoting",
            negatable = true,
            fallbackValue = "true",
            description = "Whether quotation marks hold a column together; by default they do in .csv.")
    private Optional<Boolean> quoting = Optional.empty();

    @Option(names = "--charset", description = "The files' encoding, such as ISO-8859-1.")
    private String charset = "UTF-8";

    @Option(names = "--separator", description = "Between the labels of a multi-label row.")
    private String separator = ",";

    @Option(names = "--skip-bad-rows", description = "Skip rows and pictures that can't be read, and count them.")
    private boolean skipBadRows;

    /** Whether the label's column was named. */
    boolean namesLabel() {
        return !labelColumn.isEmpty();
    }

    String separator() {
        return separator;
    }

    boolean skipBadRows() {
        return skipBadRows;
    }

    /** A table of texts, whose columns but the label's are not named yet. */
    TextFiles texts(Path path) {
        TextFiles files = TextFiles.of(path).charset(charset());
        files = noHeader ? files.noHeader() : files;
        files = delimiter.isEmpty() ? files : files.delimiter(character());
        files = quoting.isPresent() ? files.quoting(quoting.get()) : files;
        files = labelColumn.isEmpty() ? files : column(labelColumn, files::label, files::label);
        return skipBadRows ? files.skipBadRows() : files;
    }

    /** A table of pictures' paths, likewise. */
    ImageFiles pictures(Path path) {
        final String name = name(path);
        ImageFiles files = name.endsWith(".tsv")
                ? ImageFiles.tsv(path)
                : name.endsWith(".jsonl") ? ImageFiles.jsonLines(path) : ImageFiles.csv(path);
        files = files.charset(charset());
        files = noHeader ? files.noHeader() : files;
        files = delimiter.isEmpty() ? files : files.delimiter(character());
        files = quoting.isPresent() ? files.quoting(quoting.get()) : files;
        files = labelColumn.isEmpty() ? files : column(labelColumn, files::label, files::label);
        return skipBadRows ? files.skipBadRows() : files;
    }

    /** A file's name as its format is told by it. */
    static String name(Path path) {
        return path.toString().toLowerCase(Locale.ROOT).replaceFirst("\\.gz$", "");
    }

    /** Names a column as an option says it. */
    static <F> F column(String said, Function<String, F> byName, IntFunction<F> byNumber) {
        return WrongUsage.unless(
                () -> said.matches("-?\\d{1,9}") ? byNumber.apply(Integer.parseInt(said)) : byName.apply(said));
    }

    private char character() {
        final String said = delimiter.equals("\\t") || delimiter.equalsIgnoreCase("tab") ? "\t" : delimiter;
        if (said.length() != 1) {
            throw new WrongUsage(
                    "--delimiter " + delimiter + ": expected one character, such as \";\", or the word tab.");
        }
        return said.charAt(0);
    }

    /** The files' encoding. */
    Charset charset() {
        try {
            return Charset.forName(charset);
        } catch (IllegalCharsetNameException | UnsupportedCharsetException none) {
            throw new WrongUsage(
                    "--charset " + charset + ": there is no such encoding; expected such as UTF-8 or ISO-8859-1.");
        }
    }
}
