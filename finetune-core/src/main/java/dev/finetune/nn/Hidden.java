package dev.finetune.nn;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/**
 * What a trunk's stages gave, as far as others still read it: one tensor between the stages of a chain, and one for each of two
 * towers. It names tensors and owns none.
 */
public final class Hidden {
    /** Before the first stage. */
    public static final Hidden NONE = new Hidden(new TreeMap<>());

    private final SortedMap<Integer, Tensor> byStage;

    /**
     * Outputs.
     *
     * @param byStage by the number of the stage that gave them
     */
    public Hidden(Map<Integer, Tensor> byStage) {
        this.byStage = Collections.unmodifiableSortedMap(new TreeMap<>(byStage));
    }

    /** {@return the output of the last of the stages} */
    public Tensor last() {
        return get(byStage.lastKey());
    }

    /**
     * {@return the output of a stage}
     *
     * @param stage its number
     */
    public Tensor get(int stage) {
        return Objects.requireNonNull(byStage.get(stage));
    }

    /** {@return the outputs by the numbers of their stages} */
    public SortedMap<Integer, Tensor> byStage() {
        return byStage;
    }

    /** {@return the outputs in the order of their stages} */
    public List<Tensor> tensors() {
        return new ArrayList<>(byStage.values());
    }

    /**
     * {@return other tensors of the same stages}
     *
     * @param other makes each of them
     */
    public Hidden map(UnaryOperator<Tensor> other) {
        final Map<Integer, Tensor> others = new TreeMap<>();
        byStage.forEach((stage, tensor) -> others.put(stage, other.apply(tensor)));
        return new Hidden(others);
    }
}
