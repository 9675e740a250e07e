package dev.finetune.internal.run;

import dev.finetune.data.Dataset;
import dev.finetune.data.LabelSet;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.DataForHead;
import dev.finetune.head.Head;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds the labels of a head: those that were said, those of the checkpoint, or those in the data. */
final class HeadResolver {
    private HeadResolver() {}

    /**
     * A head whose labels are known.
     *
     * @param said the head that the user asked for, if any
     * @param saved the head that the checkpoint was saved with, if any
     * @param data what to find labels in, if any
     */
    static Head resolve(Optional<Head> said, Optional<Head> saved, Optional<Dataset<?>> data) {
        final Head head = said.or(() -> saved)
                .orElseThrow(() -> new FinetuneException("The checkpoint was not saved for a task"
                        + " (or, by \"architectures\" in its config.json, for one that isn't supported), so say what to "
                        + "predict: head(2), head(\"negative\", \"positive\"), head(Heads.regression()) ..."));
        if (!head.hasNames() || !head.labels().isEmpty()) {
            return head;
        }
        final List<String> known = saved.filter(s -> s.getClass() == head.getClass())
                .map(Head::labels)
                .orElse(List.of());
        final int needed = head.namesNeeded();
        final boolean knownFit = needed == 0 || needed == known.size();
        if (data.isEmpty()) {
            return withLabels(head, known.isEmpty() || !knownFit ? numbered(needed) : known);
        }
        DataForHead.check(head, data.get());
        final List<String> found = LabelSet.discover(data.get()).names();
        if (knownFit && known.containsAll(found)) {
            return withLabels(head, known);
        }
        return withLabels(head, needed > 0 ? fitted(needed, found, data.get()) : found);
    }

    private static Head withLabels(Head head, List<String> labels) {
        if (labels.isEmpty()) {
            throw new FinetuneException("The labels of the head are not known: name them, or fit it on labelled data.");
        }
        return head.named(labels);
    }

    private static List<String> numbered(int count) {
        final List<String> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            names.add("LABEL_" + i);
        }
        return names;
    }

    /** Labels for a number of classes; numbers below it stand for themselves, even if some don't occur. */
    private static List<String> fitted(int classes, List<String> found, Dataset<?> data) {
        if (found.size() == classes) {
            return found;
        }
        final List<String> numbers = new ArrayList<>();
        for (int i = 0; i < classes; i++) {
            numbers.add(Integer.toString(i));
        }
        if (found.size() < classes && numbers.containsAll(found)) {
            return numbers;
        }
        if (found.size() == 1) {
            throw DataForHead.oneClass(found.get(0), data);
        }
        throw new FinetuneException("head(" + classes + "): the data has " + found.size() + " labels: "
                + found.stream().limit(20).toList() + (found.size() > 20 ? " ..." : "") + " (" + data.describe()
                + "). Use head(" + found.size()
                + "), or name the labels, in order, to keep some that don't occur.");
    }
}
