package dev.finetune.data;

import java.util.List;

/**
 * How a model would read data as tokens, for {@link DataCheck#tokenizedBy}.
 *
 * @param <I> the kind of input
 */
public interface TokenReader<I> {
    /**
     * {@return what the model takes of an example}
     *
     * @param example of the data
     */
    TokenCount count(Example<I> example);

    /**
     * {@return what the model takes of an example row by row, where it makes several of it, such as one for each of two answers; one by
     * default}
     *
     * @param example of the data
     */
    default List<TokenCount> counts(Example<I> example) {
        return List.of(count(example));
    }

    /**
     * {@return the rows that data in memory becomes}
     *
     * @param data all of it
     */
    Rows rows(Dataset<I> data);

    /**
     * Rows that a model reads.
     *
     * @param count how many
     * @param tokens in all of them
     * @param longest how many tokens a row may have
     * @param packed whether several examples may share a row
     */
    record Rows(long count, long tokens, long longest, boolean packed) {}
}
