package dev.finetune.internal.saving;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Failures;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** What reading gave, or what it threw, until it is known whether that counts. */
record Outcome<T>(Optional<T> value, Optional<Throwable> thrown) {
    static <T> Outcome<T> of(Supplier<T> work) {
        try {
            return new Outcome<>(Optional.of(work.get()), Optional.empty());
        } catch (RuntimeException | Error e) {
            return new Outcome<>(Optional.empty(), Optional.of(e));
        }
    }

    boolean isFailure() {
        return thrown.isPresent();
    }

    void discard(Consumer<T> how) {
        value.ifPresent(how);
    }

    /** The value; unless something is wrong with the files, which is thrown rather than what came of it. */
    T get(Optional<FinetuneException> wrong, Consumer<T> discard) {
        if (wrong.isPresent()) {
            discard(discard);
            thrown.ifPresent(wrong.get()::addSuppressed);
            throw wrong.get();
        }
        Failures.rethrow(thrown.orElse(null));
        return value.orElseThrow();
    }
}
