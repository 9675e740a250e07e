package dev.finetune.data;

import dev.finetune.error.FinetuneException;
import java.util.List;
import java.util.Locale;

/**
 * The lines of a CoNLL-U file (Universal Dependencies): ten columns parted by tabs. Comments, ranges of several words that
 * are written as one (1-2) and empty nodes (8.1) are left out.
 */
final class ConlluLines implements SentenceReader.WordLines {
    static final List<String> COLUMNS =
            List.of("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc");
    private static final String NONE = "_";

    private final int word;
    private final int tag;
    private final boolean tagged;

    ConlluLines(String word, String tag, boolean tagged) {
        this.word = COLUMNS.indexOf(word);
        this.tag = COLUMNS.indexOf(tag);
        this.tagged = tagged;
    }

    static String checked(String column) {
        String lower = column.toLowerCase(Locale.ROOT);
        if (!COLUMNS.contains(lower)) {
            throw new FinetuneException("CoNLL-U has no column \"" + column + "\"; its columns are " + COLUMNS + ".");
        }
        return lower;
    }

    @Override
    public boolean isLeftOut(LineReader.Line line, boolean atStart) {
        String text = line.text();
        int tab = text.indexOf('\t');
        return text.startsWith("#") || tab > 0 && text.substring(0, tab).matches("\\d+[-.]\\d+");
    }

    @Override
    public void add(LineReader.Line line, List<String> words, List<String> tags) throws BadRow {
        String[] cells = line.checkedText().split("\t", -1);
        if (cells.length != COLUMNS.size()) {
            throw new BadRow(
                    line.number(),
                    cells.length + (cells.length == 1 ? " column" : " columns")
                            + " parted by tabs, but CoNLL-U has 10; TokenFiles.conll(path) reads other columns");
        }
        if (!cells[0].matches("\\d+")) {
            throw new BadRow(
                    line.number(), "the id \"" + cells[0] + "\" is no number, range (1-2) or empty node (8.1)");
        }
        String text = cells[word].strip();
        // An underscore that isn't annotation is a word.
        if (text.isEmpty() || word != COLUMNS.indexOf("form") && text.equals(NONE)) {
            throw new BadRow(line.number(), "the word (" + COLUMNS.get(word) + ") is empty");
        }
        words.add(text);
        if (tagged) {
            String name = cells[tag].strip();
            if (name.isEmpty() || name.equals(NONE) && tag != COLUMNS.indexOf("feats")) {
                throw new BadRow(line.number(), "the word has no tag (" + COLUMNS.get(tag) + ")");
            }
            tags.add(name);
        }
    }
}
