package dev.finetune.nn;

import dev.finetune.error.FinetuneException;
import java.util.ArrayList;
import java.util.List;

/**
 * Which stages read which: of a chain each the one before it. Stages are counted from 0, the head is the one after the last.
 */
final class StageOrder {
    private final List<List<Integer>> inputs = new ArrayList<>();
    private final int[] lastReader;
    private final int[] fromInput;
    private final int[] fromHead;

    /** The order of a trunk under a head; refuses names that no stage before has, and outputs that nothing reads. */
    StageOrder(List<Stage> stages, HeadModule head) {
        final List<String> names = new ArrayList<>();
        for (Stage stage : stages) {
            inputs.add(inputs(stage.name(), stage.reads(), names));
            names.add(stage.name());
        }
        inputs.add(inputs("the head", head.reads(), names));
        final int count = stages.size();
        this.lastReader = new int[count];
        this.fromInput = new int[count];
        this.fromHead = new int[count];
        for (int i = 0; i < count; i++) {
            for (int input : inputs.get(i)) {
                fromInput[i] = Math.max(fromInput[i], fromInput[input] + 1);
            }
        }
        for (int i = count; i >= 0; i--) {
            for (int input : inputs.get(i)) {
                lastReader[input] = Math.max(lastReader[input], i);
                fromHead[input] = Math.max(fromHead[input], i == count ? 1 : fromHead[i] + 1);
            }
        }
        for (int i = 0; i < count; i++) {
            if (lastReader[i] == 0) {
                throw new FinetuneException(
                        "The trunk's " + names.get(i) + " is read neither by a later stage nor by the"
                                + " head, so that it would be computed for nothing.");
            }
        }
    }

    private static List<Integer> inputs(String reader, List<String> reads, List<String> before) {
        final List<Integer> found = new ArrayList<>();
        for (String name : reads) {
            if (name.equals(Stage.PREVIOUS)) {
                if (!before.isEmpty()) {
                    found.add(before.size() - 1);
                }
            } else if (before.contains(name)) {
                found.add(before.indexOf(name));
            } else {
                throw new FinetuneException("The trunk's " + reader + " reads the output of \"" + name
                        + "\", and no stage before it is called that; there are " + before + ".");
            }
        }
        return List.copyOf(found);
    }

    /** What a stage, or the head, reads. */
    List<Integer> inputs(int reader) {
        return inputs.get(reader);
    }

    /** The last that reads a stage's output. */
    int lastReader(int stage) {
        return lastReader[stage];
    }

    /** How many stages lie below it, on the longest way: 0 of embeddings. */
    int fromInput(int stage) {
        return fromInput[stage];
    }

    /** How far below the head it is, on the longest way: 1 of what the head reads. */
    int fromHead(int stage) {
        return fromHead[stage];
    }
}
