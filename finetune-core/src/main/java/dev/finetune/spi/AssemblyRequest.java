package dev.finetune.spi;

import dev.finetune.batch.Augmentation;
import dev.finetune.batch.InputSettings;
import dev.finetune.batch.MemoryFormat;
import dev.finetune.checkpoint.OutputRows;
import dev.finetune.head.Head;
import dev.finetune.head.Pooling;
import dev.finetune.task.LossOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a family is asked to build.
 *
 * @param directory the model directory, with config.json and what prepares inputs (tokenizer, preprocessor)
 * @param weights the file of weights, or the directory where they are found
 * @param config its config.json, or what was told from the weights alone
 * @param head what the model is to predict, its labels known
 * @param pooling how the vectors of an input's tokens become the one that the last layer of a head of a whole input reads, in
 *     place of the layers that the family would put between them; empty for the family's own way, or the saved one
 * @param rows what becomes of the last layer that the checkpoint was saved with
 * @param maxLength the longest input in tokens, or 0 for the family's default (512 tokens at most, for text)
 * @param seed the seed of newly initialised parameters
 * @param loadWeights whether to load the checkpoint's weights; false initialises all of them at random
 * @param loss how the loss weighs classes and smooths labels
 * @param augmentations random changes of training inputs, all for the family's kind of input
 * @param inputSettings how inputs become numbers, instead of what the checkpoint says
 * @param memoryFormat how pictures lie in memory; families that read none refuse any but AUTO
 * @param adaptation what the base gets beside its own weights
 * @param firstTokenOnly whether the network may leave out what its head doesn't read
 * @param dropout a dropout probability that replaces the config's, or NaN to keep those
 */
public record AssemblyRequest(
        Path directory,
        Path weights,
        ModelConfig config,
        Head head,
        Optional<Pooling> pooling,
        OutputRows rows,
        int maxLength,
        long seed,
        boolean loadWeights,
        LossOptions loss,
        List<Augmentation> augmentations,
        Optional<InputSettings> inputSettings,
        MemoryFormat memoryFormat,
        Adaptation adaptation,
        boolean firstTokenOnly,
        double dropout) {}
