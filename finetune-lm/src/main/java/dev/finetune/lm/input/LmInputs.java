package dev.finetune.lm.input;

import dev.finetune.batch.InputSettings;
import dev.finetune.data.Text;

/**
 * How texts are laid into rows: {@code tuner.inputs(LmInputs.packed())}. By default each text is a row of its own, cut to the
 * maximum length.
 *
 * @param packs whether texts follow each other in rows of the maximum length, an end-of-text token after each, so that nothing is
 *     cut away and nothing is padded; no text's first token is predicted from the text before
 * @param apart whether texts in one row are hidden from each other, positions counted anew in each
 */
public record LmInputs(boolean packs, boolean apart) implements InputSettings {
    /** {@return each text a row of its own, as by default} */
    public static LmInputs rows() {
        return new LmInputs(false, false);
    }

    /** {@return texts after each other in full rows; a text sees those before it in its row} */
    public static LmInputs packed() {
        return new LmInputs(true, false);
    }

    /** {@return texts after each other in full rows, hidden from each other: the same losses as in rows of their own} */
    public LmInputs keptApart() {
        return new LmInputs(packs, true);
    }

    @Override
    public Class<?> inputType() {
        return Text.class;
    }

    @Override
    public String toString() {
        return packs ? "packed" + (apart ? ", texts apart" : "") : "a row a text";
    }
}
