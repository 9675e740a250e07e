package dev.finetune.data;

import java.util.List;

/**
 * A data set in parts: one to train on, one to choose by, one to judge by.
 *
 * @param train what the model learns from
 * @param validation what tells during training whether it learns
 * @param test what is looked at once, at the end; empty where no test part was asked for
 * @param <I> the kind of input
 */
public record Split<I>(Dataset<I> train, Dataset<I> validation, Dataset<I> test) {
    /**
     * {@return two parts that came split, with no test part}
     *
     * @param <I> the kind of input
     * @param train to learn from
     * @param validation to evaluate on
     */
    public static <I> Split<I> of(Dataset<I> train, Dataset<I> validation) {
        return new Split<>(train, validation, Dataset.of(train.inputType(), List.of()));
    }
}
