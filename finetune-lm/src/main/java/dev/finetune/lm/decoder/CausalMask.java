package dev.finetune.lm.decoder;

import dev.finetune.batch.HostTensor;
import dev.finetune.error.FinetuneException;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.TensorValues;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * What tokens of a batch may not see, computed once a batch: padding, later tokens, tokens beyond a sliding window, and those of
 * other documents where the column "segments" (batch, length) tells them apart.
 */
final class CausalMask {
    /** As many as an array holds. */
    private static final long MOST = Integer.MAX_VALUE - 8;

    private CausalMask() {}

    /**
     * (batch, 1, queries, keys), the lowest number where a token is hidden; empty where nothing but later tokens is, which causal
     * attention hides itself. Keys are all positions that were read, cached ones included; "attention_mask" is of as many.
     *
     * @param window how many tokens one sees, itself included; 0 for all
     */
    static Optional<Tensor> of(Batch batch, int window, ForwardContext context) {
        return batch.derived("causal_mask." + window, () -> {
            final Mask mask = mask(batch, window, context);
            return mask.hides(batch.has("labels"))
                    ? Optional.of(TensorValues.of(mask.values(), batch.device()))
                    : Optional.empty();
        });
    }

    /**
     * What attention gave, (batch, queries, width), with zeros for padding before a row's tokens, which sees nothing at all: so
     * LibTorch's kernels do it where such a row is hidden from all keys.
     */
    static Tensor unseen(Tensor mixed, Batch batch, int window, ForwardContext context) {
        final Optional<Tensor> blind = batch.derived("blind_queries." + window, () -> {
            final Mask mask = mask(batch, window, context);
            return mask.hides(batch.has("labels"))
                    ? mask.seeing().map(seeing -> TensorValues.of(seeing, batch.device()))
                    : Optional.empty();
        });
        return blind.map(each -> mixed.mul(each.to(mixed.scalar_type()))).orElse(mixed);
    }

    private static Mask mask(Batch batch, int window, ForwardContext context) {
        return new Mask(
                (HostTensor.Longs) batch.hostColumn("attention_mask"),
                batch.has("segments") ? Optional.of((HostTensor.Longs) batch.hostColumn("segments")) : Optional.empty(),
                window,
                context);
    }

    private record Mask(
            HostTensor.Longs mask, Optional<HostTensor.Longs> segments, int window, ForwardContext context) {
        int rows() {
            return Math.toIntExact(mask.shape()[0]);
        }

        int keys() {
            return Math.toIntExact(mask.shape()[1]);
        }

        int queries() {
            return Math.toIntExact(keys() - context.past());
        }

        /** The position of a row's first query. */
        int past(int row) {
            return Math.toIntExact(context.past(row));
        }

        /**
         * Whether more than later tokens is hidden. Padding behind a row's tokens comes later than all of them: only its own
         * outputs depend on whether it is hidden, which nobody reads where there are labels.
         */
        boolean hides(boolean labelled) {
            return segments.isPresent() || window > 0 && window < keys() || padded(labelled);
        }

        private boolean padded(boolean labelled) {
            for (int row = 0; row < rows(); row++) {
                boolean ended = false;
                for (int i = 0; i < keys(); i++) {
                    final boolean own = mask.data()[row * keys() + i] != 0;
                    if (!own && !labelled || own && ended) {
                        return true;
                    }
                    ended |= !own;
                }
            }
            return false;
        }

        HostTensor.Floats values() {
            final int keys = keys();
            final int queries = queries();
            final long count = (long) rows() * queries * keys;
            if (count > MOST) {
                throw new FinetuneException("A batch of " + rows() + " rows of " + keys + " tokens needs a mask of "
                        + count + " numbers, and " + MOST
                        + " are the most there can be: take fewer rows at once (batchSize, evaluation(e -> e.batchSize)) and"
                        + " more batches a step (accumulate), or shorter rows (maxLength).");
            }
            final float[] values = new float[(int) count];
            for (int row = 0; row < rows(); row++) {
                final int past = past(row);
                for (int query = 0; query < queries; query++) {
                    final int at = (row * queries + query) * keys;
                    for (int key = 0; key < keys; key++) {
                        values[at + key] = sees(row, past + query, key) ? 0 : -Float.MAX_VALUE;
                    }
                }
            }
            return new HostTensor.Floats(values, rows(), 1, queries, keys);
        }

        /** (batch, queries, 1): 0 for queries that see nothing, else 1; empty where all see something. */
        Optional<HostTensor> seeing() {
            final int queries = queries();
            final float[] seeing = new float[rows() * queries];
            boolean all = true;
            for (int row = 0; row < rows(); row++) {
                for (int query = 0; query < queries; query++) {
                    final boolean any = seesAny(row, past(row) + query);
                    seeing[row * queries + query] = any ? 1 : 0;
                    all &= any;
                }
            }
            return all ? Optional.empty() : Optional.of(new HostTensor.Floats(seeing, rows(), queries, 1));
        }

        private boolean seesAny(int row, int query) {
            for (int key = query; key >= 0; key--) {
                if (sees(row, query, key)) {
                    return true;
                }
            }
            return false;
        }

        private boolean sees(int row, int query, int key) {
            final int start = row * keys();
            return key <= query
                    && (window == 0 || key > query - window)
                    && mask.data()[start + key] != 0
                    && (segments.isEmpty()
                            || segments.get().data()[start + query]
                                    == segments.get().data()[start + key]);
        }
    }
}
