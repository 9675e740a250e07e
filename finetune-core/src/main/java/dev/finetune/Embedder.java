package dev.finetune;

import dev.finetune.head.Prediction;
import dev.finetune.internal.Arguments;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/**
 * Vectors of inputs from a pretrained network. Thread-safe; holds native memory until it is closed.
 *
 * @param <I> what is asked for: {@code String} for texts, {@code Image} for pictures
 */
public final class Embedder<I> implements AutoCloseable {
    private final Function<List<I>, List<Prediction>> predict;
    private final FineTuned<?> model;

    <J> Embedder(FineTuned<J> model, Function<I, J> input) {
        this.model = model;
        this.predict = inputs -> model.predict(
                Arguments.copy(inputs, "inputs").stream().map(input).toList());
    }

    /**
     * {@return the vector of one input: as many numbers as the network is wide}
     *
     * @param input of the kind that the network reads
     */
    public float[] embed(I input) {
        Objects.requireNonNull(input, "input");
        return embed(List.of(input)).get(0);
    }

    /**
     * {@return the vector of each input, in order}
     *
     * @param inputs of the kind that the network reads
     */
    public List<float[]> embed(List<I> inputs) {
        return predict.apply(inputs).stream()
                .map(prediction -> prediction.as(Prediction.Vector.class).vector())
                .toList();
    }

    /** As {@link FineTuned#close}: never waits, and what is under way comes to its end. */
    @Override
    public void close() {
        model.close();
    }
}
