package dev.finetune.train;

import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.RowGradient;
import dev.finetune.internal.torch.RowIndex;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Parameter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * What an optimizer remembers of one parameter: two moments and a step count for Adam, a velocity for SGD with momentum. Of a table
 * whose gradients are kept by rows ({@link Parameter#keepRowGradient}) it remembers those alone that ever had one: what it remembers of
 * the others would be zeros, by which nothing but weight decay changes them. Where that comes to more than half of the rows, or a
 * gradient of all of them comes, it remembers all of them from then on.
 */
final class OptimizerState implements AutoCloseable {
    /** How many steps there were. */
    static final String STEP = "step";

    /** Which rows are remembered, where it isn't all of them. */
    static final String ROWS = "rows";

    private final Parameter parameter;
    /** By what PyTorch's optimizers call it; (room for rows, width) where it is of some rows. */
    private final Map<String, Tensor> remembered = new LinkedHashMap<>();

    private @Nullable RowIndex rows;
    private @Nullable Tensor restoredRows;

    private OptimizerState(Parameter parameter) {
        this.parameter = parameter;
    }

    /**
     * Zeros, of all rows or of none yet.
     *
     * @param kinds what is remembered
     * @param known takes the state before it is whole: what there is of it is closed, too, when memory runs out
     */
    static OptimizerState of(Parameter parameter, List<String> kinds, Map<Parameter, OptimizerState> known) {
        final OptimizerState state = new OptimizerState(parameter);
        known.put(parameter, state);
        if (state.comesByRows()) {
            state.rows = new RowIndex(parameter.value().size(0));
        }
        kinds.forEach(kind -> state.remembered.put(kind, state.zeros(kind, state.rows == null ? -1 : 0)));
        return state;
    }

    /**
     * Room for what a checkpoint remembers. Where that is of all rows, gradients are of all rows, too, as they were when it was written:
     * their norm is summed up in the same order then.
     *
     * @param count of how many rows; -1 for all
     */
    static OptimizerState room(
            Parameter parameter, List<String> kinds, Map<Parameter, OptimizerState> known, long count) {
        final OptimizerState state = new OptimizerState(parameter);
        known.put(parameter, state);
        kinds.forEach(kind -> state.remembered.put(kind, state.zeros(kind, count)));
        if (count < 0) {
            parameter.keepRowGradient(false);
        } else {
            try (TensorScope scope = TensorScope.open()) {
                state.restoredRows = Tensors.own(torch.zeros(new long[] {count}, new TensorOptions(ScalarType.Long)));
            }
        }
        return state;
    }

    /** Owned. */
    private Tensor zeros(String kind, long count) {
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            if (kind.equals(STEP)) {
                return Tensors.own(torch.zeros(
                        new long[0], new TensorOptions(parameter.value().device())));
            }
            return Tensors.own(
                    count < 0
                            ? Tensors.zerosLike(parameter.value())
                            : parameter
                                    .value()
                                    .new_zeros(count, parameter.value().size(1)));
        }
    }

    /** Whether the gradient that there is now is of some rows. */
    private boolean comesByRows() {
        final @Nullable RowGradient some = parameter.rowGradient();
        return some != null && some.isDefined() && !parameter.value().grad().defined();
    }

    /** What is remembered, by kind, borrowed, in the current scope. */
    Map<String, Tensor> tensors() {
        final Map<String, Tensor> all = new LinkedHashMap<>(remembered);
        if (restoredRows != null) {
            all.put(ROWS, restoredRows);
        } else if (rows != null) {
            final int count = rows.size();
            all.replaceAll((kind, tensor) -> kind.equals(STEP) ? tensor : tensor.narrow(0, 0, count));
            all.put(ROWS, Tensors.of(rows.rows(), count));
        }
        return all;
    }

    /**
     * What a step changes of a parameter; all of it borrowed, in the current scope.
     *
     * @param parameter (rows, width) where it is about rows
     * @param values what is changed: the parameter's own, or a copy of rows
     * @param gradient of the values
     * @param state what is remembered of the values, by kind, with the step count
     * @param rows which they are; empty for all of the parameter
     */
    record Part(Parameter parameter, Tensor values, Tensor gradient, Map<String, Tensor> state, Optional<Tensor> rows) {
        /**
         * Puts the values where they belong, if they are a copy.
         *
         * @param kept what weight decay leaves of rows that had no gradient yet
         */
        void put(double kept) {
            if (rows.isEmpty()) {
                return;
            }
            try (TensorScope scope = TensorScope.open();
                    GradientMode off = GradientMode.off()) {
                final Tensor table = parameter.value().detach();
                if (kept != 1) {
                    table.mul_(new Scalar(kept));
                }
                table.index_copy_(0, rows.get(), values);
            }
        }
    }

    /** What the next step is to change; there is a gradient. */
    Part part() {
        if (restoredRows != null) {
            rows = new RowIndex(parameter.value().size(0));
            rows.add(Tensors.longs(restoredRows));
            restoredRows.close();
            restoredRows = null;
        }
        final @Nullable RowGradient some = comesByRows() ? parameter.rowGradient() : null;
        final @Nullable RowIndex known = rows;
        if (some != null && known != null) {
            final long[] places = known.add(some.rows());
            if (2L * known.size() <= parameter.value().size(0)) {
                return partOf(known, places, some.values());
            }
        }
        parameter.keepRowGradient(false);
        if (known != null) {
            widen(known);
            rows = null;
        }
        return new Part(
                parameter,
                parameter.value().detach(),
                Tensors.gradient(parameter.value()),
                remembered,
                Optional.empty());
    }

    private Part partOf(RowIndex known, long[] places, Tensor gradients) {
        final int count = known.size();
        remembered.replaceAll(
                (kind, tensor) -> kind.equals(STEP) ? tensor : RowIndex.grown(tensor, count, parameter.value()));
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            final Tensor index = scope.keep(Tensors.of(known.rows(), count));
            final Tensor values = scope.keep(parameter.value().detach().index_select(0, index));
            final Tensor all = scope.keep(values.new_zeros(count, values.size(1)));
            all.index_copy_(0, Tensors.of(places, places.length), gradients);
            final Map<String, Tensor> state = new LinkedHashMap<>(remembered);
            state.replaceAll((kind, tensor) -> kind.equals(STEP) ? tensor : scope.keep(tensor.narrow(0, 0, count)));
            return new Part(parameter, values, all, state, Optional.of(index));
        }
    }

    /** What was remembered of some rows becomes what is remembered of all. */
    private void widen(RowIndex known) {
        remembered.replaceAll((kind, tensor) -> {
            if (kind.equals(STEP)) {
                return tensor;
            }
            try (TensorScope scope = TensorScope.open();
                    GradientMode off = GradientMode.off();
                    tensor) {
                final Tensor all = Tensors.zerosLike(parameter.value());
                final long count = Math.min(tensor.size(0), known.size()); // There is none of rows that came just now.
                final Tensor index = Tensors.of(known.rows(), known.size()).narrow(0, 0, count);
                return Tensors.own(all.index_copy_(0, index, tensor.narrow(0, 0, count)));
            }
        });
    }

    @Override
    public void close() {
        remembered.values().forEach(Tensor::close);
        if (restoredRows != null) {
            restoredRows.close();
        }
    }
}
