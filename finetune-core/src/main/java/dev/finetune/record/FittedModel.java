package dev.finetune.record;

import java.util.List;
import java.util.Optional;

/**
 * What was fitted.
 *
 * @param base the model that was started from: an id and its commit, or the name of a local directory or file
 * @param kind of its head: "Classification"
 * @param head the same in words: "one of 2 classes: negative, positive"
 * @param labels the names of the outputs, in order; empty where they have none
 * @param mainMetric the metric that says best how good it is: "accuracy"
 * @param adapter what was added to it in place of training its weights; empty where nothing was
 * @param loading how many of its tensors the checkpoint had, and what started at random
 */
public record FittedModel(
        String base,
        String kind,
        String head,
        List<String> labels,
        String mainMetric,
        Optional<String> adapter,
        String loading) {
    /** Keeps its own copy of the labels. */
    public FittedModel {
        labels = List.copyOf(labels);
    }
}
