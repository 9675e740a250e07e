package dev.finetune.batch;

/**
 * An encoder that tells the tokens of its rows apart, so that a model's predictions can be explained token by token.
 *
 * @param <I> the kind of input
 */
public interface TokenEncoder<I> extends InputEncoder<I> {
    /**
     * {@return an input as {@link #encode} makes it a row, with its tokens}
     *
     * @param input of one row
     */
    TokenRow tokens(I input);
}
