package dev.finetune.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** One pass over the sentences of a CoNLL file. */
final class ConllReader implements ExampleReader<Words> {
    private static final String DOCUMENT_START = "-DOCSTART-";

    private final LineReader lines;
    private final int tokenColumn;
    private final OptionalInt tagColumn;
    private final boolean tagged;
    /** How many columns the file's first line of data had; 0 before it. */
    private int width;

    ConllReader(LineReader lines, int tokenColumn, OptionalInt tagColumn, boolean tagged) {
        this.lines = lines;
        this.tokenColumn = tokenColumn;
        this.tagColumn = tagColumn;
        this.tagged = tagged;
    }

    @Override
    public @Nullable Example<Words> next() throws IOException, BadRow {
        List<String> words = new ArrayList<>();
        List<String> tags = new ArrayList<>();
        BadRow fault = null;
        LineReader.Line line = lines.next();
        while (line != null && !(endsSentence(line) && (!words.isEmpty() || fault != null))) {
            if (fault == null && !endsSentence(line)) {
                try {
                    addWord(line, words, tags);
                } catch (BadRow e) {
                    fault = e;
                }
            }
            line = lines.next();
        }
        if (fault != null) {
            throw fault;
        }
        if (words.isEmpty()) {
            return null;
        }
        return new Example<>(new Words(words), tagged ? new Label.Tags(tags) : Label.none());
    }

    private static boolean endsSentence(LineReader.Line line) {
        return line.text().isBlank() || line.text().startsWith(DOCUMENT_START);
    }

    private void addWord(LineReader.Line line, List<String> words, List<String> tags) throws BadRow {
        String text = line.checkedText();
        String[] cells =
                text.indexOf('\t') >= 0 ? text.split("\t", -1) : text.strip().split("\\s+");
        if (width == 0) {
            int needed = tagged ? 1 + Math.max(1, Math.max(tokenColumn, tagColumn.orElse(0))) : 1 + tokenColumn;
            if (cells.length < needed) {
                throw new BadRow(
                        line.number(), count(cells.length) + ", expected at least " + needed + " (word and tag)");
            }
            width = cells.length;
        }
        if (cells.length != width) {
            throw new BadRow(line.number(), count(cells.length) + ", expected " + width + " as in the lines before");
        }
        words.add(cell(line, cells, tokenColumn, "word"));
        if (tagged) {
            tags.add(cell(line, cells, tagColumn.orElse(width - 1), "tag"));
        }
    }

    private static String cell(LineReader.Line line, String[] cells, int column, String what) throws BadRow {
        String cell = cells[column].strip();
        if (cell.isEmpty()) {
            throw new BadRow(line.number(), "the " + what + " (column " + column + ") is empty");
        }
        return cell;
    }

    private static String count(int columns) {
        return columns == 1 ? "1 column" : columns + " columns";
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }
}
