package dev.finetune.explain;

/**
 * A way to explain what a model says of an input. Those of the library are made by {@link Explain}.
 *
 * @param <A> what an explanation looks like
 */
public interface ExplanationMethod<A> {
    /**
     * Begins to explain an input; computes nothing yet.
     *
     * @param <I> the kind of input
     * @param model whose prediction is explained (borrowed)
     * @param input of the kind that the model reads
     * @return what is left to do
     * @throws dev.finetune.error.FinetuneException if such a model, or its head, can't be explained so
     */
    <I> Work<A> start(ExplainedModel<I> model, I input);

    /**
     * An explanation under way, in pieces, each of which may be computed by another thread: nothing native lies between them.
     *
     * @param <A> what comes of it
     */
    interface Work<A> {
        /** {@return whether there is more to do after the next piece, which is computed} */
        boolean step();

        /** {@return the explanation, when all is done} */
        A result();
    }
}
