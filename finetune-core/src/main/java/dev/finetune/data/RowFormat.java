package dev.finetune.data;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** How rows are written in a file. */
sealed interface RowFormat {
    /** Columns parted by a character. */
    record Delimited(char delimiter, boolean quoting, boolean header) implements RowFormat {
        public Delimited {
            if (delimiter == '\n' || delimiter == '\r' || delimiter == '"') {
                throw new FinetuneException(
                        "The delimiter is a line break or a quotation mark, which can't part columns."
                                + " Use another character, such as ';'.");
            }
        }
    }

    /** One JSON object a line. */
    record JsonLines() implements RowFormat {}

    /** Tab-separated, where a quotation mark is text. */
    static RowFormat tsv() {
        return new Delimited('\t', false, true);
    }

    /** Comma-separated as RFC 4180 says. */
    static RowFormat csv() {
        return new Delimited(',', true, true);
    }

    /** The format that a file's name tells, with or without .gz. */
    static RowFormat of(Path path) {
        String file = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
        String name = file.endsWith(".gz") ? file.substring(0, file.length() - 3) : file;
        if (name.endsWith(".tsv") || name.endsWith(".tab")) {
            return tsv();
        }
        if (name.endsWith(".csv")) {
            return csv();
        }
        if (List.of(".jsonl", ".ndjson", ".json").stream().anyMatch(name::endsWith)) {
            return new JsonLines();
        }
        if (Files.isDirectory(path)) {
            throw new FinetuneException(path + " is a folder; expected a file: .tsv, .csv or .jsonl.");
        }
        throw new FinetuneException("The name of " + path + " doesn't tell its format; expected .tsv, .csv or .jsonl,"
                + " with or without .gz. Rename it, or say which it is with TextFiles.tsv(path), .csv(path) or"
                + " .jsonLines(path).");
    }

    /** Opens a file in this format. */
    default Row.Reader open(Path path, Charset charset) throws IOException {
        LineReader lines = LineReader.open(path, charset);
        try {
            return this instanceof Delimited delimited
                    ? new DelimitedRows(path, lines, delimited)
                    : new JsonRows(lines);
        } catch (IOException | RuntimeException e) {
            lines.close();
            throw e;
        }
    }
}
