package dev.finetune.train;

import dev.finetune.internal.torch.RowGradient;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Parameter;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.bytedeco.pytorch.Tensor;

/**
 * Which gradients the processes have, and these in one shape, so that they can be added up. One that only others have is made, of zeros:
 * here a step had no rows that reach the parameter. One that nobody has stays away, as it does for a process alone. Gradients that are
 * kept by rows are of all rows that any process has, unless these are more than half of the table's or some process's is of all rows.
 */
final class SharedGradients {
    private static final int NONE = -1;
    private static final int WHOLE = -2;

    private final Map<Parameter, Common> all = new HashMap<>();

    /** Whether some process has the gradient of all rows, and which rows the others have. */
    private record Common(boolean whole, TreeSet<Integer> rows) {}

    private SharedGradients() {}

    /**
     * Asks all processes, which all call this.
     *
     * @param parameters the same in all processes
     * @param zeros those of them that were given a gradient of zeros here, as there was none
     */
    static SharedGradients ask(ProcessGroup group, List<Parameter> parameters, Set<Parameter> zeros) {
        final List<IntBuffer> said = group.gather(own(parameters, zeros)).stream()
                .map(each -> ByteBuffer.wrap(each).asIntBuffer())
                .toList();
        final SharedGradients shared = new SharedGradients();
        for (Parameter parameter : parameters) {
            final TreeSet<Integer> rows = new TreeSet<>();
            boolean whole = false;
            for (IntBuffer each : said) {
                final int count = each.get();
                whole |= count == WHOLE;
                for (int i = 0; i < count; i++) {
                    rows.add(each.get());
                }
            }
            shared.all.put(parameter, new Common(whole, rows));
        }
        return shared;
    }

    /** Whether some process has a gradient. */
    boolean isAnywhere(Parameter parameter) {
        final Common common = common(parameter);
        return common.whole || !common.rows.isEmpty();
    }

    /** Brings this process's gradient into the shape that all take. */
    void bringTogether(Parameter parameter) {
        final Common common = common(parameter);
        if (common.whole
                || !common.rows.isEmpty() && 2L * common.rows.size() > parameter.shape()[0]) {
            makeWhole(parameter);
        } else if (!common.rows.isEmpty()) {
            Objects.requireNonNull(parameter.rowGradient())
                    .arrange(common.rows.stream().mapToLong(row -> row).toArray());
        }
    }

    private Common common(Parameter parameter) {
        return Objects.requireNonNull(all.get(parameter));
    }

    /** For each parameter: whether there is a gradient, and of which rows. */
    private static byte[] own(List<Parameter> parameters, Set<Parameter> zeros) {
        final List<int[]> all = new ArrayList<>();
        for (Parameter parameter : parameters) {
            final RowGradient some = parameter.rowGradient();
            try (TensorScope scope = TensorScope.open()) {
                if (zeros.contains(parameter) || !parameter.gradient().defined()) {
                    all.add(new int[] {NONE});
                } else if (some == null || !some.isDefined()) {
                    all.add(new int[] {WHOLE});
                } else {
                    final long[] rows = some.rows();
                    all.add(new int[] {rows.length});
                    all.add(Arrays.stream(rows).mapToInt(Math::toIntExact).toArray());
                }
            }
        }
        final ByteBuffer bytes = ByteBuffer.allocate(
                Integer.BYTES * all.stream().mapToInt(part -> part.length).sum());
        all.forEach(part -> Arrays.stream(part).forEach(bytes::putInt));
        return bytes.array();
    }

    private static void makeWhole(Parameter parameter) {
        parameter.keepRowGradient(false);
        zerosIfNone(parameter);
    }

    /** Gives a parameter a gradient of zeros if there is none; whether there was none. */
    static boolean zerosIfNone(Parameter parameter) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor value = parameter.value();
            final boolean none = !value.grad().defined();
            if (none) {
                value.mutable_grad().put(Tensors.zerosLike(value));
            }
            return none;
        }
    }
}
