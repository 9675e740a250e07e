package dev.finetune.train;

import dev.finetune.metrics.Metrics;
import java.util.Optional;

/**
 * What training had come to at an evaluation, or at the end of an epoch without one.
 *
 * @param epoch epochs done so far; a fraction within an epoch
 * @param step optimizer steps done so far
 * @param trainingLoss the mean training loss since the report before
 * @param validation the metrics on the validation data, if there is any
 * @param seconds since training began
 * @param rowsPerSecond training rows per second since the report before, evaluation not counted
 */
public record EpochReport(
        double epoch,
        long step,
        double trainingLoss,
        Optional<Metrics> validation,
        double seconds,
        double rowsPerSecond) {}
