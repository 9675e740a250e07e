package dev.finetune.data;

/** What is wrong with one row of a file, and where the row stands: the file's reader decides whether that is fatal. */
final class BadRow extends Exception {
    private static final long serialVersionUID = 1L;

    BadRow(String where, String reason) {
        super(where + ": " + reason);
    }

    BadRow(long line, String reason) {
        this("line " + line, reason);
    }
}
