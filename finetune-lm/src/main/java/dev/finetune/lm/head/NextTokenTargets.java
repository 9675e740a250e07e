package dev.finetune.lm.head;

import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.nn.Batch;
import dev.finetune.nn.TensorValues;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * Which places of a batch are trained to predict what: with the column "labels" (batch, length) the label of a place is predicted
 * one place earlier, as Transformers shifts them; with "decoder_labels" in its own place, as those of decoders that are given their
 * inputs shifted. {@link Target#IGNORED} is predicted nowhere.
 *
 * @param column the labels' name
 * @param shifted whether a label is predicted one place earlier
 */
record NextTokenTargets(String column, boolean shifted) {
    /** The places, flat over rows and positions, and as many labels. */
    private record Found(long[] places, long[] labels) {}

    /** How many places are predicted. */
    static long count(HostTensor labels, boolean shifted) {
        return find((HostTensor.Longs) labels, shifted).labels.length;
    }

    private static Found find(HostTensor.Longs labels, boolean shifted) {
        final long[] all = labels.data();
        final long length = labels.shape()[1];
        final long[] places = new long[all.length];
        final long[] wanted = new long[all.length];
        int count = 0;
        for (int i = 0; i < all.length; i++) {
            if (all[i] != Target.IGNORED && !(shifted && i % length == 0)) {
                places[count] = shifted ? i - 1 : i;
                wanted[count++] = all[i];
            }
        }
        return new Found(java.util.Arrays.copyOf(places, count), java.util.Arrays.copyOf(wanted, count));
    }

    private Found found(Batch batch) {
        return find((HostTensor.Longs) batch.hostColumn(column), shifted);
    }

    /** (places): flat indices, borrowed. */
    Tensor places(Batch batch) {
        return tensor(batch, "predicting_places", true);
    }

    /** (places): the labels that are predicted there, borrowed. */
    Tensor labels(Batch batch) {
        return tensor(batch, "predicted_labels", false);
    }

    private Tensor tensor(Batch batch, String name, boolean places) {
        return batch.derived(name, () -> {
                    final Found found = found(batch);
                    final long[] data = places ? found.places : found.labels;
                    return Optional.of(TensorValues.of(new HostTensor.Longs(data, data.length), batch.device()));
                })
                .orElseThrow();
    }
}
