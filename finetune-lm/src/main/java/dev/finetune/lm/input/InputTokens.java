package dev.finetune.lm.input;

import dev.finetune.data.Example;
import dev.finetune.spi.TextWriter;
import java.util.List;
import java.util.Optional;

/** How one kind of input becomes tokens. Thread-safe. */
interface InputTokens<I> {
    /** {@return the kind of input} */
    Class<I> inputType();

    /** {@return all tokens of an example, and which of them are predicted} */
    TokenRow learned(Example<I> example);

    /** {@return all tokens of an example's prompt with either of its answers, the preferred one first; the answer's are predicted} */
    List<TokenRow> answered(Example<I> example);

    /** {@return the tokens that the model's own text follows on} */
    int[] prompt(I input);

    /** {@return what is to be written for an example, and what the data says there; empty where it says nothing} */
    Optional<TextWriter.Question<I>> question(Example<I> example);

    /** {@return why a row of this example is of no use where it has no label at all; empty where it is} */
    Optional<String> useless(Example<I> example);
}
