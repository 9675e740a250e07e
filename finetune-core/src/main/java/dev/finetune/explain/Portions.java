package dev.finetune.explain;

import dev.finetune.error.FinetuneException;
import dev.finetune.error.OutOfMemoryException;
import dev.finetune.internal.torch.FreedBlocks;

/**
 * Work on rows that go through a network some at a time: fewer, and from then on, where memory doesn't suffice for so many.
 *
 * @param <A> what comes of it
 */
abstract class Portions<A> implements ExplanationMethod.Work<A> {
    private boolean begun;
    private int count;
    private int most;
    private int done;

    /** Refuses a negative number of rows at once. */
    static void check(int atOnce) {
        if (atOnce < 0) {
            throw new FinetuneException(
                    "atOnce(" + atOnce + "): expected a number of rows from 1 on, or 0 for as many as fit.");
        }
    }

    /** {@return the rows at once that were asked for, or as many as have some number of tokens together} */
    static int atOnce(int asked, int tokens, int length) {
        return asked > 0 ? asked : Math.max(1, tokens / Math.max(1, length));
    }

    /** {@return how many rows there are, after what has to be known before} */
    abstract int begin();

    /** {@return how many rows to compute at once, at least 1} */
    abstract int atOnce();

    /** Computes some of the rows. */
    abstract void compute(int from, int to);

    @Override
    public final boolean step() {
        if (!begun) {
            begun = true;
            count = begin();
            most = atOnce();
            return count > 0;
        }
        final int to = Math.min(count, done + most);
        try {
            compute(done, to);
            done = to;
        } catch (OutOfMemoryException e) {
            if (to - done == 1) {
                throw e;
            }
            most = (to - done + 1) / 2;
            FreedBlocks.giveBack();
        }
        return done < count;
    }
}
