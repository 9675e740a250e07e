package dev.finetune.vision.image;

/** Why a picture can't be decoded; the decoder adds which picture it is. */
final class BrokenImage extends Exception {
    private static final long serialVersionUID = 1L;

    BrokenImage(String reason) {
        super(reason);
    }

    BrokenImage(String reason, Throwable cause) {
        super(reason, cause);
    }

    static BrokenImage endedEarly(String where) {
        return new BrokenImage("it ended early, " + where);
    }
}
