package dev.finetune.vision.image;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.error.FinetuneException;
import java.util.List;
import java.util.Optional;

/** Lays the targets of a batch out as its {@code labels}. */
final class ImageTargets {
    private ImageTargets() {}

    /** Class numbers [batch], or numbers [batch, outputs]; empty where there are no targets. */
    static Optional<HostTensor> labels(List<Encoded> rows) {
        if (rows.isEmpty() || rows.get(0).target() instanceof Target.None) {
            for (int row = 1; row < rows.size(); row++) {
                target(Target.None.class, rows, row);
            }
            return Optional.empty();
        }
        if (rows.get(0).target() instanceof Target.Vector first) {
            int width = first.values().length;
            return Optional.of(new HostTensor.Floats(soft(rows, width), rows.size(), width));
        }
        long[] labels = new long[rows.size()];
        for (int row = 0; row < labels.length; row++) {
            labels[row] = target(Target.Index.class, rows, row).index();
        }
        return Optional.of(new HostTensor.Longs(labels, labels.length));
    }

    /** A number per output, [batch, outputs]: 1 for a row's class, or its own numbers. */
    static float[] soft(List<Encoded> rows, int outputs) {
        float[] soft = new float[rows.size() * outputs];
        boolean classes = rows.get(0).target() instanceof Target.Index;
        for (int row = 0; row < rows.size(); row++) {
            if (classes) {
                int index = target(Target.Index.class, rows, row).index();
                if (index < 0 || index >= outputs) {
                    throw new FinetuneException(
                            rows.get(row) + " has class number " + index + ", but there are " + outputs + " classes.");
                }
                soft[row * outputs + index] = 1;
            } else {
                float[] values = target(Target.Vector.class, rows, row).values();
                if (values.length != outputs) {
                    throw new FinetuneException(rows.get(row) + " has " + values.length + " target values, expected "
                            + outputs + " as in the rest of its batch.");
                }
                System.arraycopy(values, 0, soft, row * outputs, outputs);
            }
        }
        return soft;
    }

    private static <T extends Target> T target(Class<T> kind, List<Encoded> rows, int row) {
        Target target = rows.get(row).target();
        if (!kind.isInstance(target)) {
            throw new FinetuneException(rows.get(row) + " has a target of the kind "
                    + target.getClass().getSimpleName() + ", but the batch is one of " + kind.getSimpleName()
                    + "; examples with and without labels can't share a batch.");
        }
        return kind.cast(target);
    }
}
