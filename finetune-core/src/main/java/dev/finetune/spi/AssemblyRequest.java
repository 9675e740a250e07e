package dev.finetune.spi;

import dev.finetune.Head;
import dev.finetune.task.LossOptions;
import java.nio.file.Path;

/**
 * What a family is asked to build.
 *
 * @param directory the model directory, with config.json, weights and tokenizer
 * @param config its config.json
 * @param head what the model is to predict, its labels known
 * @param maxLength the longest input in tokens, or 0 for the family's default (512 tokens at most, for text)
 * @param seed the seed of newly initialised parameters
 * @param loadWeights whether to load the checkpoint's weights; false initialises all of them at random
 * @param loss how the loss weighs classes and smooths labels
 * @param dropout a dropout probability that replaces the config's, or NaN to keep those
 */
public record AssemblyRequest(
        Path directory,
        ModelConfig config,
        Head head,
        int maxLength,
        long seed,
        boolean loadWeights,
        LossOptions loss,
        double dropout) {}
