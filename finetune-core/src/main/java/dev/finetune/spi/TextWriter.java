package dev.finetune.spi;

import dev.finetune.data.Example;
import dev.finetune.generate.Generated;
import dev.finetune.generate.Generation;
import dev.finetune.nn.Network;
import dev.finetune.train.Cancellation;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What the encoder of a model implements that writes texts.
 *
 * @param <I> the kind of input
 */
public interface TextWriter<I> {
    /**
     * {@return what the model is asked to write for an example, and what the data says there; empty where the data says nothing, or
     * where the model has no room for what may be written}
     *
     * @param example of the data
     * @param settings how to write
     */
    Optional<Question<I>> question(Example<I> example, Generation settings);

    /**
     * What a model is asked to write.
     *
     * @param input that the text goes on from
     * @param shown the same as a person reads it
     * @param reference what the data says there
     * @param <I> the kind of input
     */
    record Question<I>(I input, String shown, String reference) {}

    /**
     * {@return the writing of a text for each input, not yet begun}
     *
     * @param network of the model (borrowed)
     * @param inputs that the texts go on from
     * @param settings how to write
     * @param atOnce how many are written side by side at most
     * @param cancellation asked before each token
     * @throws dev.finetune.error.FinetuneException if that can't be
     */
    Work write(Network network, List<I> inputs, Generation settings, int atOnce, Cancellation cancellation);

    /**
     * {@return the writing of a text for one input, which is handed over while it comes about}
     *
     * @param network of the model (borrowed)
     * @param input that the text goes on from
     * @param settings how to write
     * @param pieces told each piece of the text, whole characters, by the thread that computes
     * @param cancellation asked before each token
     * @throws dev.finetune.error.FinetuneException if that can't be
     */
    Work write(Network network, I input, Generation settings, Consumer<String> pieces, Cancellation cancellation);

    /** Writing, token by token; owns native memory until it is closed. */
    interface Work extends AutoCloseable {
        /** {@return whether there is more to do, after the next tokens are written} */
        boolean step();

        /** {@return whether it computes together with other callers' writing, and takes turns with them by itself} */
        default boolean together() {
            return false;
        }

        /** {@return a text for each input, in order; once there is no more to do} */
        List<Generated> result();

        @Override
        void close();
    }
}
