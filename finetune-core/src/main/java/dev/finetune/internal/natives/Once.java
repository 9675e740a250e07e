package dev.finetune.internal.natives;

import dev.finetune.error.FinetuneException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Something that is made once. A failure is kept, too, and told in the same words each time: what the libraries' own
 * classes say at a second attempt, NoClassDefFoundError, helps nobody.
 *
 * @param <T> what is made
 */
public final class Once<T> {
    private final Supplier<T> maker;
    private volatile @Nullable T made;
    private @Nullable FinetuneException failure;

    /** With what makes it. */
    public Once(Supplier<T> maker) {
        this.maker = maker;
    }

    /**
     * What was made, now or before.
     *
     * @throws FinetuneException if it can't be made, now or before
     */
    public T get() {
        final T there = made;
        return there == null ? make() : there;
    }

    private synchronized T make() {
        final T there = made;
        if (there != null) {
            return there;
        }
        if (failure != null) {
            throw new FinetuneException(String.valueOf(failure.getMessage()), failure);
        }
        try {
            final T now = maker.get();
            made = now;
            return now;
        } catch (FinetuneException e) {
            failure = e;
            throw e;
        }
    }
}
