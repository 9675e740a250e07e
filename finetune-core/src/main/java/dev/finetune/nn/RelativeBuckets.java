package dev.finetune.nn;

import dev.finetune.error.FinetuneException;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Puts the distance of a key from a query into one of few buckets (Raffel et al., "T5", 2020): the nearer half of the distances
 * have a bucket each, farther ones share them by their logarithm, and all beyond {@code farthest} have the last. With n buckets
 * a side and distance d, the bucket is d below n / 2, and else n / 2 + n / 2 log(d / (n / 2)) / log(farthest / (n / 2)), cut to
 * a whole number of at most n - 1.
 *
 * @param bothSides whether half of the buckets are for keys before the query and half for those behind it; otherwise all are for
 *     those before, and those behind have bucket 0
 * @param count how many buckets
 * @param farthest from which distance on all have the last bucket
 */
public record RelativeBuckets(boolean bothSides, int count, int farthest) {
    /**
     * Checks the numbers.
     *
     * @throws FinetuneException if there are too few buckets for a side, or if their logarithms make no sense
     */
    public RelativeBuckets {
        if (count / (bothSides ? 4 : 2) < 1 || farthest <= count / (bothSides ? 4 : 2)) {
            throw new FinetuneException("Distances can't be put into " + count + " buckets up to " + farthest
                    + ": there must be at least " + (bothSides ? 4 : 2)
                    + " buckets, and the farthest distance must be greater than those that have a bucket each.");
        }
    }

    /**
     * {@return the bucket of each query and key, (queries, keys), whole numbers, in the current scope} The last key stands where
     * the last query stands. In float32, as Transformers does it, since logarithms are cut off.
     *
     * @param queries how many
     * @param keys how many, at least as many as queries
     * @param device where it goes
     */
    public Tensor of(long queries, long keys, Device device) {
        final TensorOptions longs = new TensorOptions(ScalarType.Long);
        final Tensor ofQueries = torch.arange(new Scalar(keys - queries), new Scalar(keys), longs);
        final Tensor behind = torch.arange(new Scalar(keys), longs).unsqueeze(0).sub(ofQueries.unsqueeze(1));
        final int side = bothSides ? count / 2 : count;
        final int near = side / 2;
        final Tensor distance = bothSides ? behind.abs() : behind.neg().clamp_min(new Scalar(0));
        final Tensor far = torch.log(distance.to(ScalarType.Float).div(new Scalar(near)))
                .div(new Scalar(Math.log((double) farthest / near)))
                .mul(new Scalar(side - near))
                .to(ScalarType.Long)
                .add(new Scalar(near))
                .clamp_max(new Scalar(side - 1));
        final Tensor bucket = torch.where(distance.lt(new Scalar(near)), distance, far);
        final Tensor both = bothSides
                ? bucket.add(behind.gt(new Scalar(0)).to(ScalarType.Long).mul(new Scalar(side)))
                : bucket;
        return both.to(device, ScalarType.Long);
    }
}
