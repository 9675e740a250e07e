package dev.finetune.train;

import dev.finetune.internal.torch.RowGradient;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Parameter;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.bytedeco.pytorch.Tensor;

/**
 * Brings the gradients of several processes into one shape, so that they can be added up. One that only others have is made, of zeros:
 * here a step had no rows that reach the parameter. One that nobody has stays away, as it does for a process alone. Gradients that are
 * kept by rows are of all rows that any process has, unless these are more than half of the table's or some process's is of all rows.
 */
final class SharedGradients {
    private static final int NONE = -1;
    private static final int WHOLE = -2;

    private SharedGradients() {}

    static void prepare(ProcessGroup group, List<Parameter> parameters) {
        final List<IntBuffer> said = group.gather(own(parameters)).stream()
                .map(each -> ByteBuffer.wrap(each).asIntBuffer())
                .toList();
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
            if (whole || !rows.isEmpty() && 2L * rows.size() > parameter.shape()[0]) {
                makeWhole(parameter);
            } else if (!rows.isEmpty()) {
                Objects.requireNonNull(parameter.rowGradient())
                        .arrange(rows.stream().mapToLong(row -> row).toArray());
            }
        }
    }

    /** For each parameter: whether there is a gradient, and of which rows. */
    private static byte[] own(List<Parameter> parameters) {
        final List<int[]> all = new ArrayList<>();
        for (Parameter parameter : parameters) {
            final RowGradient some = parameter.rowGradient();
            try (TensorScope scope = TensorScope.open()) {
                if (!parameter.gradient().defined()) {
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
        try (TensorScope scope = TensorScope.open()) {
            final Tensor value = parameter.value();
            if (!value.grad().defined()) {
                value.mutable_grad().put(Tensors.zerosLike(value));
            }
        }
    }
}
