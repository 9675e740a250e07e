package dev.finetune.lm.generate;

/**
 * Cleans up a text that comes in pieces: what may still change by what follows stays back. A text can be cut before a space
 * that follows on a letter: what is taken away begins with a space, and holds another one only behind an apostrophe. Not after a
 * lone "n", which an apostrophe that loses its spaces would make a contraction. Not thread-safe.
 */
final class CleanPieces {
    private final IdsToText tokenizer;
    private final StringBuilder open = new StringBuilder();

    CleanPieces(IdsToText tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** Takes a piece, and gives what is settled by it. */
    String add(String piece) {
        if (!tokenizer.cleansUp()) {
            return piece;
        }
        open.append(piece);
        int cut = open.length() - 1;
        while (cut > 0 && !canCut(cut)) {
            cut--;
        }
        if (cut <= 0) {
            return "";
        }
        final String whole = open.substring(0, cut);
        open.delete(0, cut);
        return tokenizer.cleaned(whole);
    }

    private boolean canCut(int at) {
        final char before = open.charAt(at - 1);
        return open.charAt(at) == ' '
                && before != ' '
                && before != '\''
                && !(before == 'n' && (at == 1 || open.charAt(at - 2) == ' '));
    }

    /** Gives what stayed back, at the end of the text. */
    String end(String piece) {
        return tokenizer.cleaned(open.append(piece).toString());
    }
}
