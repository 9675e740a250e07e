package dev.finetune.checkpoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How a checkpoint's tensors and a network's parameters met.
 *
 * @param loaded the parameters and buffers that got their values from the checkpoint
 * @param missing those that the checkpoint doesn't have
 * @param unexpected the checkpoint's tensors that the network has no place for
 * @param newlyInitialized of the missing and the mismatched ones, those that got random values and must be trained
 * @param mismatched those that the checkpoint has in another shape
 * @param basePrefix what all names of the base model begin with in a model with a head, such as "bert"; empty for nothing
 */
public record LoadReport(
        List<String> loaded,
        List<String> missing,
        List<String> unexpected,
        List<String> newlyInitialized,
        List<Mismatch> mismatched,
        String basePrefix) {
    private static final int SHOWN = 20;

    /** Copies the lists. */
    public LoadReport {
        loaded = List.copyOf(loaded);
        missing = List.copyOf(missing);
        unexpected = List.copyOf(unexpected);
        newlyInitialized = List.copyOf(newlyInitialized);
        mismatched = List.copyOf(mismatched);
    }

    /**
     * A tensor whose shape in the checkpoint isn't the network's.
     *
     * @param name the parameter's name
     * @param found its shape in the checkpoint
     * @param expected its shape in the network
     */
    public record Mismatch(String name, long[] found, long[] expected) {
        /** Copies the shapes. */
        public Mismatch {
            found = found.clone();
            expected = expected.clone();
        }

        /** {@return the shape in the checkpoint, as a copy} */
        @Override
        public long[] found() {
            return found.clone();
        }

        /** {@return the shape in the network, as a copy} */
        @Override
        public long[] expected() {
            return expected.clone();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Mismatch that
                    && name.equals(that.name)
                    && Arrays.equals(found, that.found)
                    && Arrays.equals(expected, that.expected);
        }

        @Override
        public int hashCode() {
            return 31 * (31 * name.hashCode() + Arrays.hashCode(found)) + Arrays.hashCode(expected);
        }

        /** Such as {@code classifier.weight: [2, 768] in the checkpoint, [3, 768] in the network}. */
        @Override
        public String toString() {
            return name + ": " + Arrays.toString(found) + " in the checkpoint, " + Arrays.toString(expected)
                    + " in the network";
        }
    }

    /**
     * {@return whether every parameter got its value from the checkpoint, and every tensor of the checkpoint was used}
     */
    public boolean isComplete() {
        return missing.isEmpty() && unexpected.isEmpty() && mismatched.isEmpty();
    }

    /** {@return a few lines for a user: what was not used, what has no trained values, and what that means} */
    public String summary() {
        return told("Newly initialized; train the model before you use it");
    }

    /** {@return the same lines of a model that was trained since} */
    public String summaryOfTrained() {
        return told("Not taken from the checkpoint: these began with random values");
    }

    private String told(String ofNew) {
        List<String> lines = new ArrayList<>();
        lines.add("Loaded " + loaded.size() + (loaded.size() == 1 ? " tensor" : " tensors") + " from the checkpoint"
                + (isComplete() ? "; nothing was missing or left over." : "."));
        List<String> withoutValues = missing.stream()
                .filter(name -> !newlyInitialized.contains(name))
                .toList();
        add(lines, ofNew, newlyInitialized);
        add(lines, "Not in the checkpoint", withoutValues);
        add(lines, "Of another shape, so not loaded", mismatched);
        add(
                lines,
                "In the checkpoint and not used; as expected when it was trained for another task or has another head",
                unexpected);
        return String.join(System.lineSeparator(), lines);
    }

    private static void add(List<String> lines, String what, List<?> names) {
        if (!names.isEmpty()) {
            lines.add(what + " (" + names.size() + "):");
            names.stream().limit(SHOWN).forEach(name -> lines.add("  " + name));
            if (names.size() > SHOWN) {
                lines.add("  ... and " + (names.size() - SHOWN) + " more");
            }
        }
    }

    /** The {@link #summary()}. */
    @Override
    public String toString() {
        return summary();
    }
}
