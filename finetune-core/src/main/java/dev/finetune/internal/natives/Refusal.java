package dev.finetune.internal.natives;

/**
 * Why a directory isn't taken for native libraries.
 *
 * @param kind what kind of reason it is
 * @param why the reason: a sentence without its full stop
 */
record Refusal(Kind kind, String why) {
    /** What kind of reason. */
    enum Kind {
        /** It, or something in it, is or was in the hands of others. */
        TAMPERED,
        /** Others can put another directory in its place. */
        EXPOSED,
        /** It can't be made, written, or run from. */
        UNUSABLE
    }

    static Refusal tampered(String why) {
        return new Refusal(Kind.TAMPERED, why);
    }

    static Refusal exposed(String why) {
        return new Refusal(Kind.EXPOSED, why);
    }

    static Refusal unusable(String why) {
        return new Refusal(Kind.UNUSABLE, why);
    }
}
