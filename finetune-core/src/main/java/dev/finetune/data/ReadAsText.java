package dev.finetune.data;

/** An input, or a label, of another kind than this package's, that checks of data read and people are shown as text. */
public interface ReadAsText {
    /** {@return what it says, as a person reads it; nothing where it says nothing} */
    String readAsText();

    /** {@return whether an answer that would be learned from it is missing, or says nothing; not by default} */
    default boolean lacksAnswer() {
        return false;
    }
}
