package dev.finetune.lm.seq2seq;

import dev.finetune.nn.HiddenLayout;
import java.util.Locale;
import java.util.Optional;

/** The two halves of a network. */
enum Side {
    /** Reads the source. */
    ENCODER("input_ids"),
    /** Reads what has been written, and writes the next token. */
    DECODER("decoder_input_ids");

    private final String column;

    Side(String column) {
        this.column = column;
    }

    /** The batch's column of its tokens. */
    String column() {
        return column;
    }

    /** What its parameters' names begin with. */
    String prefix() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Its first stage. */
    String embeddings() {
        return prefix() + ".embeddings";
    }

    /** One of its layers. */
    String layer(int index) {
        return prefix() + ".layer." + index;
    }

    /** Only the source's positions are those that a row counts its length by. */
    Optional<HiddenLayout> layout() {
        return this == ENCODER ? Optional.of(HiddenLayout.positions("attention_mask")) : Optional.empty();
    }
}
