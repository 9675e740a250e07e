package dev.finetune.internal.torch;

import com.sun.jna.Function;
import com.sun.jna.Pointer;
import dev.finetune.internal.natives.Jna;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;

/**
 * A time in which OpenBLAS uses one thread for a product, in the whole process, and the thread that asks for it. As soon
 * as nobody wants that any more, it has as many as before. MKL asks OpenMP, which knows for each thread.
 *
 * <p>A product's last bits depend on the number, on some processors. So where a thread {@linkplain #own owns} it, what
 * others want doesn't count.
 */
final class BlasThreads implements AutoCloseable {
    private static final Optional<Function> SET = find("openblas_set_num_threads");
    private static final Optional<Function> GET = find("openblas_get_num_threads");
    private static int wanted;
    private static int wantedByOwner;
    private static @Nullable Thread owner;
    private static boolean isOne;
    private static int before;

    private final boolean byOwner;

    private BlasThreads(boolean byOwner) {
        this.byOwner = byOwner;
    }

    /** Use with try-with-resources. */
    static BlasThreads one() {
        synchronized (BlasThreads.class) {
            final BlasThreads time = new BlasThreads(Thread.currentThread() == owner);
            time.count(1);
            return time;
        }
    }

    /** From now on only what this thread wants counts; nobody else may own the number. */
    static void own() {
        synchronized (BlasThreads.class) {
            owner = Thread.currentThread();
            apply();
        }
    }

    /** Ends what {@link #own} began. */
    static void disown() {
        synchronized (BlasThreads.class) {
            owner = null;
            apply();
        }
    }

    private void count(int change) {
        if (byOwner) {
            wantedByOwner += change;
        } else {
            wanted += change;
        }
        apply();
    }

    private static void apply() {
        final boolean one = (owner == null ? wanted : wantedByOwner) > 0;
        if (one != isOne && SET.isPresent() && GET.isPresent()) {
            if (one) {
                before = GET.get().invokeInt(new Object[0]);
            }
            SET.get().invokeVoid(new Object[] {one ? 1 : before});
            isOne = one;
        }
    }

    /** OpenBLAS is loaded by JavaCPP for itself alone, so that only JavaCPP finds what is in it. */
    private static Optional<Function> find(String name) {
        if (Jna.whyNot().isPresent()) {
            return Optional.empty();
        }
        return Optional.ofNullable(Loader.addressof(name))
                .map(address -> Function.getFunction(new Pointer(address.address())));
    }

    @Override
    public void close() {
        synchronized (BlasThreads.class) {
            count(-1);
        }
    }
}
