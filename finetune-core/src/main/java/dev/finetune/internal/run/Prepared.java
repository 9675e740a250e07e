package dev.finetune.internal.run;

import dev.finetune.train.BatchSource;
import java.util.Optional;

/**
 * What a fitting has before it trains.
 *
 * @param model to train; owned
 * @param training the batches to train on
 * @param evaluation the batches to evaluate on, if any
 * @param loadingSeconds how long it took to look at the data, and to find and load the model
 * @param encodingSeconds how long it took to encode the rows
 * @param <I> the kind of input
 */
record Prepared<I>(
        LoadedModel<I> model,
        BatchSource training,
        Optional<BatchSource> evaluation,
        double loadingSeconds,
        double encodingSeconds)
        implements AutoCloseable {
    @Override
    public void close() {
        model.close();
    }
}
