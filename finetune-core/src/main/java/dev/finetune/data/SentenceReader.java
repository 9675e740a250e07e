package dev.finetune.data;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One pass over the sentences of a file with one word a line and a blank line after each sentence. */
final class SentenceReader implements ExampleReader<Words> {
    private static final String DOCUMENT_START = "-DOCSTART-";

    private final LineReader lines;
    private final WordLines format;
    private final boolean tagged;
    private final Deque<LineReader.Line> ahead = new ArrayDeque<>();

    /** What the lines of words hold. */
    interface WordLines {
        /** Called once with the file's first line that isn't blank and doesn't start with a hash sign. */
        default void begin(String firstWord) {}

        /**
         * Whether a line that isn't blank is no word.
         *
         * @param atStart whether no word of its sentence came before
         */
        boolean isLeftOut(LineReader.Line line, boolean atStart);

        /** Adds a line's word, and its tag if tags are read. */
        void add(LineReader.Line line, List<String> words, List<String> tags) throws BadRow;

        /** What the user should know of the lines that were left out. */
        default Optional<String> remark() {
            return Optional.empty();
        }
    }

    SentenceReader(LineReader lines, WordLines format, boolean tagged) throws IOException {
        this.lines = lines;
        this.format = format;
        this.tagged = tagged;
        for (LineReader.Line line = lines.next(); line != null; line = lines.next()) {
            ahead.add(line);
            if (!endsSentence(line) && !line.text().startsWith("#")) {
                format.begin(line.text());
                break;
            }
        }
    }

    @Override
    public @Nullable Example<Words> next() throws IOException, BadRow {
        List<String> words = new ArrayList<>();
        List<String> tags = new ArrayList<>();
        BadRow fault = null;
        LineReader.Line line = line();
        while (line != null && !(endsSentence(line) && (!words.isEmpty() || fault != null))) {
            if (fault == null && !endsSentence(line) && !format.isLeftOut(line, words.isEmpty())) {
                try {
                    format.add(line, words, tags);
                } catch (BadRow e) {
                    fault = e;
                }
            }
            line = line();
        }
        if (fault != null) {
            throw fault;
        }
        if (words.isEmpty()) {
            return null;
        }
        return new Example<>(new Words(words), tagged ? new Label.Tags(tags) : Label.none());
    }

    private LineReader.@Nullable Line line() throws IOException {
        return ahead.isEmpty() ? lines.next() : ahead.remove();
    }

    private static boolean endsSentence(LineReader.Line line) {
        return line.text().isBlank() || line.text().startsWith(DOCUMENT_START);
    }

    @Override
    public Optional<String> remark() {
        return format.remark();
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }
}
