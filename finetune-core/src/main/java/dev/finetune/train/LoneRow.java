package dev.finetune.train;

import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.InputEncoder;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Network;
import dev.finetune.nn.OneValueException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Device;

/** A batch of one row, over which not every network can train. */
public final class LoneRow {
    private LoneRow() {}

    /**
     * {@return whether a network has batch norms that are trained and would be given a single value for each channel by
     * a batch of one row} Tried out, where there are batch norms at all, by a pass forward that changes nothing.
     *
     * @param network with everything trained that is to be, sooner or later
     * @param encoder that made the row
     * @param row any of the data's; their sizes are taken to be equal
     * @param device where the network is
     */
    public static boolean isTooFew(Network network, InputEncoder<?> encoder, Encoded row, Device device) {
        if (network.buffers().isEmpty()) {
            return false;
        }
        final CollateContext training = new CollateContext(CollateContext.Purpose.TRAINING, 0);
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off();
                Batch batch = new Batch(encoder.collate(List.of(row), training), device)) {
            network.forward(batch, ForwardContext.training(0).recomputing()); // So running statistics are left alone.
            return false;
        } catch (OneValueException e) {
            return true;
        }
    }

    /** The same batches, but a last one of one row joins the one before it. */
    static List<int[]> joined(List<int[]> batches) {
        final int last = batches.size() - 1;
        if (last < 1 || batches.get(last).length != 1) {
            return batches;
        }
        final List<int[]> joined = new ArrayList<>(batches.subList(0, last));
        final int[] before = joined.get(last - 1);
        final int[] both = Arrays.copyOf(before, before.length + 1);
        both[before.length] = batches.get(last)[0];
        joined.set(last - 1, both);
        return joined;
    }
}
