package dev.finetune.lm.input;

import dev.finetune.batch.InputSettings;
import dev.finetune.data.Text;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * How texts are laid into rows: {@code tuner.inputs(LmInputs.packed())}. By default each text is a row of its own, cut to the
 * maximum length.
 *
 * @param packs whether texts follow each other in rows of the maximum length, an end-of-text token after each, so that nothing is
 *     cut away and nothing is padded; no text's first token is predicted from the text before
 * @param apart whether texts in one row are hidden from each other, positions counted anew in each
 * @param variables what a chat template is told beside the conversation, such as "enable_thinking"
 */
public record LmInputs(boolean packs, boolean apart, Map<String, Object> variables) implements InputSettings {
    /** Keeps its own copy. */
    public LmInputs {
        variables = Map.copyOf(variables);
    }

    /** {@return each text a row of its own, as by default} */
    public static LmInputs rows() {
        return new LmInputs(false, false, Map.of());
    }

    /** {@return texts after each other in full rows; a text sees those before it in its row} */
    public static LmInputs packed() {
        return new LmInputs(true, false, Map.of());
    }

    /** {@return texts after each other in full rows, hidden from each other: the same losses as in rows of their own} */
    public LmInputs keptApart() {
        return new LmInputs(packs, true, variables);
    }

    /**
     * {@return the same, the chat template told one thing more: {@code LmInputs.rows().with("enable_thinking", false)}}
     *
     * @param variable its name
     * @param value a truth value, a number or a string, as the template expects it
     */
    public LmInputs with(String variable, Object value) {
        Objects.requireNonNull(variable, "variable");
        Objects.requireNonNull(value, "value");
        final Map<String, Object> more = new LinkedHashMap<>(variables);
        more.put(variable, value);
        return new LmInputs(packs, apart, more);
    }

    @Override
    public Class<?> inputType() {
        return Text.class;
    }

    @Override
    public String toString() {
        final String laid = packs ? "packed" + (apart ? ", texts apart" : "") : "a row a text";
        return laid + (variables.isEmpty() ? "" : ", chat template told " + variables);
    }
}
