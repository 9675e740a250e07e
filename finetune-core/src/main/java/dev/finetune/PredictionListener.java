package dev.finetune;

import java.time.Duration;

/**
 * Is told of predictions ({@link FineTuned#watched}), on the thread that asked for them, several at a time where several threads
 * ask: be quick. One that throws is warned of.
 */
public interface PredictionListener {
    /**
     * Inputs were predicted.
     *
     * @param inputs how many were asked for at once
     * @param took from the question to the answer
     */
    void predicted(int inputs, Duration took);

    /**
     * Predicting them failed; the cause is thrown on.
     *
     * @param inputs how many were asked for at once
     * @param took from the question to the failure
     * @param cause what was thrown
     */
    default void failed(int inputs, Duration took, Throwable cause) {}
}
