package dev.finetune.data;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVRecord;
import org.jspecify.annotations.Nullable;

/**
 * Reads rows of delimited columns. The parser is fed line by line, so that a row is known by the lines that it took:
 * after a quote that is never closed, reading goes on with the line behind the one where the row started.
 */
final class DelimitedRows implements Row.Reader {
    /** A quoted text longer than this is taken for a quote that was never closed. */
    private static final int LONGEST_ROW = 1 << 24;

    /** How many characters may be read again after quotes that are never closed: these, and a multiple of the file's. */
    private static final long MOST_REREADS = 1L << 22;

    private static final long PER_CHARACTER = 16;

    private final Path path;
    private final CSVFormat format;
    private final char delimiter;
    private final boolean quoting;
    private final Feed feed;
    private Iterator<CSVRecord> records;
    private @Nullable Header header;
    private boolean started;

    DelimitedRows(Path path, LineReader lines, RowFormat.Delimited format) throws IOException {
        this.path = path;
        this.delimiter = format.delimiter();
        this.quoting = format.quoting();
        this.format = CSVFormat.Builder.create()
                .setDelimiter(format.delimiter())
                .setQuote(format.quoting() ? '"' : null)
                .setIgnoreEmptyLines(false)
                .get();
        this.feed = new Feed(lines);
        this.records = this.format.parse(feed).iterator();
        if (format.header()) {
            header = readHeader();
        }
    }

    private Header readHeader() throws IOException {
        try {
            List<String> names = nextCells();
            if (names == null) {
                throw new FinetuneException(path + " is empty: there is not even a header in it.");
            }
            return Header.named(path, names, delimiter);
        } catch (BadRow e) {
            throw new FinetuneException(
                    path + ", " + e.getMessage() + ". This is the header: mend it."
                            + OtherDelimiter.hint(
                                    feed.firstLine().text(),
                                    delimiter,
                                    columns -> isText(feed.firstLine().text(), delimiter)),
                    e);
        }
    }

    /** Whether a line is text without a delimiter, not what can't be read. */
    private static boolean isText(String line, char delimiter) {
        return line.indexOf(delimiter) < 0
                && line.chars().noneMatch(each -> each == '\uFFFD' || Character.isISOControl(each) && each != '\t');
    }

    @Override
    public @Nullable Row next() throws IOException, BadRow {
        List<String> cells = nextCells();
        if (cells == null) {
            if (!started && header != null) {
                throw new FinetuneException(path + " has a header (" + header.listed() + ") but no rows below it."
                        + " If its first line is no header, say so with noHeader().");
            }
            return null;
        }
        started = true;
        if (header == null) {
            header = Header.numbered(path, cells, delimiter);
        }
        if (cells.size() != header.width()) {
            throw new BadRow(
                    feed.firstLine().number(),
                    cells.size() + (cells.size() == 1 ? " column" : " columns") + ", expected " + header.width() + " ("
                            + header.listed() + ")" + header.otherDelimiter());
        }
        return new DelimitedRow(feed.firstLine().number(), header, cells);
    }

    /** Where nothing is quoted, a row is a line, of which nothing has to be known; the first one may tell how many columns there are. */
    @Override
    public boolean skip() throws IOException {
        if (quoting || header == null) {
            return Row.Reader.super.skip();
        }
        if (!feed.skipLine(delimiter)) {
            return Row.Reader.super.skip(); // It knows what to say of a file without rows.
        }
        started = true;
        return true;
    }

    /** The cells of the next row that isn't blank, or null at the end. */
    private @Nullable List<String> nextCells() throws IOException, BadRow {
        while (true) {
            feed.startRow();
            try {
                if (!records.hasNext()) {
                    return null;
                }
                List<String> cells = records.next().toList();
                feed.checkBytes();
                if (cells.size() > 1 || !cells.get(0).isBlank()) {
                    return cells;
                }
            } catch (UncheckedIOException e) {
                if (!feed.faulty()) {
                    throw e.getCause();
                }
                throw brokenQuoting();
            }
        }
    }

    private BadRow brokenQuoting() throws BadRow {
        started = true;
        boolean closed = feed.quoteClosed();
        if (feed.rereads() > MOST_REREADS + PER_CHARACTER * feed.characters()) {
            throw new FinetuneException(path + ", line " + feed.firstLine().number()
                    + ": here and on many lines before, a quote is opened and never closed, so that the rest of the file is"
                    + " read again for each. Where quotes are plain text, say quoting(false); else close them.");
        }
        LineReader.Line first = feed.restartAfterFirstLine();
        records = parser(feed);
        first.checkedText();
        String reason = closed
                ? "broken quoting: a quote is opened and not closed where the column ends"
                : "broken quoting: a quote is opened and never closed";
        return new BadRow(
                first.number(),
                reason + " (a quote inside quotes is written twice; where quotes are plain text, say quoting(false))");
    }

    private Iterator<CSVRecord> parser(Reader reader) {
        try {
            return format.parse(reader).iterator();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        feed.close();
    }

    /** Hands the parser one line at a time and remembers the lines of the row that it is at. */
    private static final class Feed extends Reader {
        private final LineReader lines;
        private final Deque<LineReader.Line> again = new ArrayDeque<>();
        private final List<LineReader.Line> row = new ArrayList<>();
        private String chunk = "";
        private int at;
        private long length;
        private long characters;
        private long rereads;
        private boolean exhausted;
        private boolean failed;

        Feed(LineReader lines) {
            this.lines = lines;
        }

        void startRow() {
            row.clear();
            length = 0;
            exhausted = false;
        }

        /** Between two rows, where no line is held back. */
        boolean skipLine(char delimiter) throws IOException {
            return lines.skip(delimiter);
        }

        LineReader.Line firstLine() {
            return row.get(0);
        }

        void checkBytes() throws BadRow {
            for (LineReader.Line line : row) {
                line.checkedText();
            }
        }

        /** Whether a parser's complaint is about the row, not about a file that can't be read. */
        boolean faulty() {
            return !failed && !row.isEmpty();
        }

        /** How many characters of the file were read. */
        long characters() {
            return characters;
        }

        /** How many of them were read again. */
        long rereads() {
            return rereads;
        }

        boolean quoteClosed() {
            return !exhausted && length <= LONGEST_ROW;
        }

        LineReader.Line restartAfterFirstLine() {
            LineReader.Line first = row.get(0);
            rereads += length;
            for (int i = row.size() - 1; i > 0; i--) {
                again.addFirst(row.get(i));
            }
            chunk = "";
            at = 0;
            return first;
        }

        @Override
        public int read(char[] target, int from, int count) throws IOException {
            if (at == chunk.length() && !nextLine()) {
                return -1;
            }
            int copied = Math.min(count, chunk.length() - at);
            chunk.getChars(at, at + copied, target, from);
            at += copied;
            return copied;
        }

        private boolean nextLine() throws IOException {
            LineReader.Line line = again.pollFirst();
            try {
                if (line == null) {
                    line = lines.next();
                    characters += line == null ? 0 : line.text().length();
                }
            } catch (IOException e) {
                failed = true;
                throw e;
            }
            if (line == null) {
                exhausted = true;
                return false;
            }
            row.add(line);
            chunk = line.text() + line.end();
            at = 0;
            length += chunk.length();
            if (length > LONGEST_ROW && row.size() > 1) {
                throw new IOException("row too long");
            }
            return true;
        }

        @Override
        public void close() throws IOException {
            lines.close();
        }
    }
}
