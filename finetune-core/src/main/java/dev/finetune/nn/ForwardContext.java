package dev.finetune.nn;

import dev.finetune.internal.Seeds;
import dev.finetune.internal.torch.MemoryLimit;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What a forward pass depends on besides its inputs: whether it trains, and its own source of randomness. The keys that
 * dropout draws from depend on the seed, the stage and the count of draws within the stage, so that a stage can be
 * computed again, alone, with the same bits.
 */
public final class ForwardContext {
    private final boolean training;
    private final boolean recomputing;
    private final boolean recomputeActivations;
    private final boolean leavesOutPadding;
    private final boolean predicting;
    private final long seed;
    private final Optional<DropoutMasks> masks;
    private final Optional<KeyValueCache> cache;
    private final long past;
    private final long[] pasts;
    private final MemoryLimit.Meter memory = new MemoryLimit.Meter();
    private boolean entered;
    private int stage;
    private int draws;
    private int attentions;

    private ForwardContext(boolean training, boolean recomputing, boolean recomputeActivations, long seed) {
        this(training, recomputing, recomputeActivations, false, false, seed, Optional.empty(), Optional.empty());
    }

    private ForwardContext(
            boolean training,
            boolean recomputing,
            boolean recomputeActivations,
            boolean leavesOutPadding,
            boolean predicting,
            long seed,
            Optional<DropoutMasks> masks,
            Optional<KeyValueCache> cache) {
        this.training = training;
        this.recomputing = recomputing;
        this.recomputeActivations = recomputeActivations;
        this.leavesOutPadding = leavesOutPadding;
        this.predicting = predicting;
        this.seed = seed;
        this.masks = masks;
        this.cache = cache;
        this.past = cache.map(KeyValueCache::length).orElse(0L);
        this.pasts = cache.map(KeyValueCache::ends).orElse(new long[0]);
    }

    /**
     * Evaluation of the positions that come after those of a cache, which takes them in.
     *
     * @param cache of earlier passes over the same rows, or an empty one (borrowed)
     * @return a context for one pass over the next positions
     */
    public static ForwardContext continuing(KeyValueCache cache) {
        return new ForwardContext(false, false, true, false, false, 0, Optional.empty(), Optional.of(cache));
    }

    /** {@return how many positions passes before this one have read: where its first one stands; of the row that has the most} */
    public long past() {
        return past;
    }

    /**
     * {@return how many positions of a row passes before this one have read: where its first one stands}
     *
     * @param row counted from 0
     */
    public long past(int row) {
        return pasts.length == 0 ? past : pasts[row];
    }

    /** {@return whether the pass is one of many that read a token of each row, so that it pays to lay weights out for them} */
    public boolean writesOn() {
        return cache.map(KeyValueCache::goesOnLong).orElse(false);
    }

    /** {@return whether the pass goes on from others, or others may go on from it} */
    public boolean isCached() {
        return cache.isPresent();
    }

    /** What causal attention goes on from. */
    Optional<KeyValueCache> cache() {
        return cache;
    }

    /** Which of the network's causal attentions asks, in order. */
    long nextPlace() {
        return (long) stage << 32 | attentions++;
    }

    /**
     * {@return keys and values that don't grow from position to position, such as those of what an encoder gave: where the pass
     * goes on from others over the same rows, what the first of them computed (borrowed); otherwise what is computed now}
     *
     * @param compute from what is the same in all of these passes
     */
    public KeyValueCache.KeysAndValues fixed(Supplier<KeyValueCache.KeysAndValues> compute) {
        final long place = nextPlace();
        return cache.map(kept -> kept.fixed(place, compute)).orElseGet(compute);
    }

    /**
     * Evaluation: dropout does nothing.
     *
     * @return a context for evaluation: dropout does nothing
     */
    public static ForwardContext evaluating() {
        return evaluating(true);
    }

    /**
     * Evaluation, with attention computed piece by piece only if it is {@link #recomputesActivations}.
     *
     * @param recomputeActivations whether attention may be computed piece by piece
     * @return a context for evaluation
     */
    public static ForwardContext evaluating(boolean recomputeActivations) {
        return new ForwardContext(false, false, recomputeActivations, 0);
    }

    /**
     * Training, with the seed of this batch.
     *
     * @param seed of what dropout draws
     * @return a context for training
     */
    public static ForwardContext training(long seed) {
        return training(seed, true);
    }

    /**
     * Training, with attention computed piece by piece only if it is {@link #recomputesActivations}.
     *
     * @param seed of what dropout draws
     * @param recomputeActivations whether attention may be computed piece by piece
     * @return a context for training
     */
    public static ForwardContext training(long seed, boolean recomputeActivations) {
        return new ForwardContext(true, false, recomputeActivations, seed);
    }

    /**
     * A second training pass over the same batch, with other dropout.
     *
     * @return the context of a second training pass over the same batch, with other dropout
     */
    public ForwardContext secondDropout() {
        return with(false, Seeds.mix(seed ^ 0x5851F42D4C957F2DL), Optional.empty(), Optional.empty());
    }

    /**
     * {@return the same pass with dropout by masks (borrowed)}
     *
     * @param some drawn for this pass
     */
    public ForwardContext with(DropoutMasks some) {
        return with(recomputing, seed, Optional.of(some), cache);
    }

    /**
     * {@return the same pass for stages that need not compute padding: where they can, tokens alone are computed, and what they give
     * for padding is anything finite}
     *
     * @param may whether they need not
     */
    public ForwardContext leavingOutPadding(boolean may) {
        return new ForwardContext(training, recomputing, recomputeActivations, may, predicting, seed, masks, cache);
    }

    /** {@return the same pass, one of those that predict, between which weights stay as they are} */
    public ForwardContext predicting() {
        return new ForwardContext(
                training, recomputing, recomputeActivations, leavesOutPadding, true, seed, masks, cache);
    }

    private ForwardContext with(
            boolean nowRecomputing, long nowSeed, Optional<DropoutMasks> nowMasks, Optional<KeyValueCache> nowCache) {
        return new ForwardContext(
                training,
                nowRecomputing,
                recomputeActivations,
                leavesOutPadding,
                predicting,
                nowSeed,
                nowMasks,
                nowCache);
    }

    /** {@return whether the pass is one of those that predict, so that it may pay to lay weights out for them} */
    public boolean isPredicting() {
        return predicting;
    }

    /** {@return whether what is computed for padding is of no use to anybody} */
    public boolean leavesOutPadding() {
        return leavesOutPadding;
    }

    /** What dropout keeps, where that isn't drawn layer by layer. */
    Optional<DropoutMasks> masks() {
        return masks;
    }

    /** {@return whether the pass trains: dropout drops, and gradients are wanted} */
    public boolean training() {
        return training;
    }

    /** {@return whether the attention of long rows may be computed piece by piece} */
    public boolean recomputesActivations() {
        return recomputeActivations;
    }

    /**
     * {@return the same pass for a stage that is computed again: it draws the same numbers and counts nothing a second
     * time}
     */
    public ForwardContext recomputing() {
        return with(true, seed, Optional.empty(), Optional.empty());
    }

    /** {@return whether what is computed has been computed before, in the same pass} */
    public boolean isRecomputing() {
        return recomputing;
    }

    /**
     * Starts stage number {@code stage}: its draws begin anew.
     *
     * @param stage counted from 0
     * @throws RuntimeException if the process would take more memory than it may
     */
    public void enter(int stage) {
        if (past == 0 || !entered) { // Where layers that read a few next tokens take much, their cache looks.
            memory.next();
        }
        this.entered = true;
        this.stage = stage;
        this.draws = 0;
        this.attentions = 0;
    }

    /** {@return a key that no other draw of this pass has} */
    public long nextKey() {
        final long place = (long) stage << 32 | draws++;
        return Seeds.mix(Seeds.mix(seed) ^ Seeds.mix(place + 0x632BE59BD9B4E019L));
    }
}
