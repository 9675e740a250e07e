package dev.finetune.lm.head;

import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.nn.Batch;
import dev.finetune.nn.TensorValues;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.LongStream;
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
    /**
     * What is predicted.
     *
     * @param places flat over rows and positions
     * @param labels as many
     * @param length positions of a row
     */
    private record Found(long[] places, long[] labels, long length) {
        long[] rows() {
            return LongStream.of(places).map(place -> place / length).toArray();
        }
    }

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
        return new Found(Arrays.copyOf(places, count), Arrays.copyOf(wanted, count), length);
    }

    private Found found(Batch batch) {
        return find((HostTensor.Longs) batch.hostColumn(column), shifted);
    }

    /** (places): flat indices, borrowed. */
    Tensor places(Batch batch) {
        return tensor(batch, "predicting_places", Found::places);
    }

    /** (places): the labels that are predicted there, borrowed. */
    Tensor labels(Batch batch) {
        return tensor(batch, "predicted_labels", Found::labels);
    }

    /** (places): which row of the batch each is in, borrowed. */
    Tensor rows(Batch batch) {
        return tensor(batch, "predicting_rows", Found::rows);
    }

    private Tensor tensor(Batch batch, String name, Function<Found, long[]> which) {
        return batch.derived(name, () -> {
                    final long[] data = which.apply(found(batch));
                    return Optional.of(TensorValues.of(new HostTensor.Longs(data, data.length), batch.device()));
                })
                .orElseThrow();
    }
}
