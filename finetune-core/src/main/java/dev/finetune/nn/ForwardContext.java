package dev.finetune.nn;

import dev.finetune.internal.torch.DropoutMask;

/**
 * What a forward pass depends on besides its inputs: whether it trains, and its own source of randomness. The keys that
 * dropout draws from depend on the seed, the stage and the count of draws within the stage, so that a stage can be
 * computed again, alone, with the same bits.
 */
public final class ForwardContext {
    private final boolean training;
    private final long seed;
    private int stage;
    private int draws;

    private ForwardContext(boolean training, long seed) {
        this.training = training;
        this.seed = seed;
    }

    /** Evaluation: dropout does nothing. */
    public static ForwardContext evaluating() {
        return new ForwardContext(false, 0);
    }

    /** Training, with the seed of this batch. */
    public static ForwardContext training(long seed) {
        return new ForwardContext(true, seed);
    }

    /** Whether the pass trains: dropout drops, and gradients are wanted. */
    public boolean training() {
        return training;
    }

    /** Starts stage number {@code stage}: its draws begin anew. */
    public void enter(int stage) {
        this.stage = stage;
        this.draws = 0;
    }

    /** A key that no other draw of this pass has. */
    public long nextKey() {
        final long place = (long) stage << 32 | draws++;
        return DropoutMask.mix(DropoutMask.mix(seed) ^ DropoutMask.mix(place + 0x632BE59BD9B4E019L));
    }
}
