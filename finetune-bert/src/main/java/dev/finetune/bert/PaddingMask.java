package dev.finetune.bert;

import dev.finetune.batch.HostTensor;
import dev.finetune.nn.Batch;
import dev.finetune.nn.TensorValues;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What hides the padding of a batch from attention, computed once a batch. */
final class PaddingMask {
    private PaddingMask() {}

    /** (batch, 1, 1, length): 0 for tokens, minus infinity for padding; empty where nothing is padded. */
    static Optional<Tensor> bias(Batch batch) {
        return batch.derived("attention_bias", () -> {
            final HostTensor.Longs mask = (HostTensor.Longs) batch.hostColumn("attention_mask");
            final float[] bias = new float[mask.data().length];
            boolean padded = false;
            for (int i = 0; i < bias.length; i++) {
                if (mask.data()[i] == 0) {
                    bias[i] = Float.NEGATIVE_INFINITY;
                    padded = true;
                }
            }
            final long[] shape = {mask.shape()[0], 1, 1, mask.shape()[1]};
            return padded
                    ? Optional.of(TensorValues.of(new HostTensor.Floats(bias, shape), batch.device()))
                    : Optional.empty();
        });
    }

    /**
     * (1 or batch, 1, length, length): as {@link #bias}, and minus infinity for tokens that are too far away; empty where nothing
     * is hidden. A token of padding that sees nothing else sees all, so that its numbers stay finite.
     *
     * @param window how far a token may be away at the most
     */
    static Optional<Tensor> near(Batch batch, int window) {
        final long length = batch.get("attention_mask").size(1);
        if (length <= window + 1L) {
            return bias(batch);
        }
        final Optional<Tensor> padding = bias(batch);
        return batch.derived("attention_bias_near." + window, () -> {
            final TensorOptions longs = new TensorOptions(ScalarType.Long);
            final Tensor places = torch.arange(new Scalar(length), longs);
            final Tensor far = places.unsqueeze(0)
                    .sub(places.unsqueeze(1))
                    .abs()
                    .gt(new Scalar((long) window))
                    .unsqueeze(0)
                    .unsqueeze(0)
                    .to(batch.device(), ScalarType.Bool);
            final Tensor hidden = padding.map(bias -> far.logical_or(bias.lt(new Scalar(0.0))))
                    .map(any -> any.logical_and(any.all(3, true).logical_not()))
                    .orElse(far);
            return Optional.of(torch.zeros(TensorValues.shape(hidden), new TensorOptions(ScalarType.Float))
                    .to(batch.device(), ScalarType.Float)
                    .masked_fill(hidden, new Scalar(Double.NEGATIVE_INFINITY)));
        });
    }

    /** (batch, length, 1): 1 for tokens, 0 for padding; empty where nothing is padded. */
    static Optional<Tensor> shown(Batch batch) {
        if (bias(batch).isEmpty()) {
            return Optional.empty();
        }
        return batch.derived(
                "shown",
                () -> Optional.of(
                        batch.get("attention_mask").to(ScalarType.Float).unsqueeze(2)));
    }

    /**
     * (1, batch, length, length): whether the query or the key is padding; empty where nothing is padded. A token of padding
     * that is shown nothing weighs all alike.
     */
    static Optional<Tensor> hiddenPairs(Batch batch) {
        if (bias(batch).isEmpty()) {
            return Optional.empty();
        }
        return batch.derived("hidden_pairs", () -> {
            final Tensor padding = batch.get("attention_mask").eq(new Scalar(0L));
            return Optional.of(
                    padding.unsqueeze(1).logical_or(padding.unsqueeze(2)).unsqueeze(0));
        });
    }
}
