package dev.finetune.data;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The lines of a CoNLL file: columns parted by a tab or, in lines without one, by blanks.
 *
 * <p>A line that starts with a hash sign before a sentence's first word is a comment if it can't be a word: in a file with
 * tabs if it has none or a blank before the first; else if it has another number of columns than the words, or if the sign
 * stands alone and what is in the tag's column is no tag that was seen before and doesn't look like one of an entity.
 */
final class ConllLines implements SentenceReader.WordLines {
    private static final Pattern ENTITY_TAG = Pattern.compile("O|#|[BIESLUM]-\\S+");

    private final int tokenColumn;
    private final OptionalInt tagColumn;
    private final boolean tagged;
    private final Optional<String> comments;
    private final Set<String> seenTags = new HashSet<>();
    /** How many columns the file's first word has, and whether tabs part them. */
    private int expected;

    private boolean tabs;
    /** How many columns the words have that were read; 0 before the first. */
    private int width;

    private long leftOut;
    private long firstLeftOut;

    ConllLines(int tokenColumn, OptionalInt tagColumn, boolean tagged, Optional<String> comments) {
        this.tokenColumn = tokenColumn;
        this.tagColumn = tagColumn;
        this.tagged = tagged;
        this.comments = comments;
    }

    @Override
    public void begin(String firstWord) {
        expected = cells(firstWord).length;
        tabs = hasTab(firstWord);
    }

    @Override
    public boolean isLeftOut(LineReader.Line line, boolean atStart) {
        if (!atStart) {
            return false;
        }
        if (comments.isPresent()) {
            return !comments.get().isEmpty() && line.text().startsWith(comments.get());
        }
        if (!line.text().startsWith("#") || !isComment(line.text())) {
            return false;
        }
        firstLeftOut = leftOut == 0 ? line.number() : firstLeftOut;
        leftOut++;
        return true;
    }

    private boolean isComment(String text) {
        String[] cells = cells(text);
        if (hasTab(text) || tabs) {
            return !hasTab(text) || cells[0].strip().chars().anyMatch(Character::isWhitespace);
        }
        if (expected > 0 && cells.length != expected) {
            return true;
        }
        String tag = cells[Math.min(tagColumn.orElse(cells.length - 1), cells.length - 1)];
        return cells[0].equals("#")
                && cells.length > 1
                && !seenTags.contains(tag)
                && !ENTITY_TAG.matcher(tag).matches();
    }

    @Override
    public void add(LineReader.Line line, List<String> words, List<String> tags) throws BadRow {
        String[] cells = cells(line.checkedText());
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
            String tag = cell(line, cells, tagColumn.orElse(width - 1), "tag");
            seenTags.add(tag);
            tags.add(tag);
        }
    }

    @Override
    public Optional<String> remark() {
        return leftOut == 0
                ? Optional.empty()
                : Optional.of((leftOut == 1 ? "1 line that starts" : leftOut + " lines that start")
                        + " with # before a sentence's first word (the first is line " + firstLeftOut
                        + ") were taken for comments and left out. Say comments(\"#\") if that is right, or"
                        + " comments(\"\") if they are words.");
    }

    private static boolean hasTab(String text) {
        return text.indexOf('\t') >= 0;
    }

    private static String[] cells(String text) {
        return hasTab(text) ? text.split("\t", -1) : text.strip().split("\\s+");
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
}
