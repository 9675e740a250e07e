package dev.finetune.internal.torch;

import com.sun.jna.Function;
import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.pytorch.global.torch;

/**
 * A time in which this thread computes by itself alone: operations of LibTorch, products and {@link Workers} use one thread
 * for what it asks for. On several threads at once that is more than teams of threads for each, which take the cores from
 * one another. Results differ by rounding.
 *
 * <p>OpenBLAS knows the number for the whole process only, so that other threads' products use one thread meanwhile, too.
 */
public final class OneCore implements AutoCloseable {
    static {
        Natives.load();
    }

    private static final Optional<Function> SET = OpenMp.find("omp_set_num_threads");
    private static final Optional<Function> GET = OpenMp.find("omp_get_max_threads");
    private static final ThreadLocal<Boolean> ON = new ThreadLocal<>();

    private final BlasThreads blas;
    private final int before;

    private OneCore(BlasThreads blas, int before) {
        this.blas = blas;
        this.before = before;
    }

    /** Use with try-with-resources, and not while {@link #isOn}. */
    public static OneCore use() {
        torch.get_num_threads(); // LibTorch sets the number for a thread that it sees for the first time.
        final int before = GET.map(get -> get.invokeInt(new Object[0])).orElse(0);
        set(1);
        ON.set(true);
        return new OneCore(BlasThreads.one(), before);
    }

    /**
     * {@return what work gives that is less than waking other threads takes, done by this one alone, but for products, which OpenBLAS
     * may still share out}
     */
    public static <T> T little(Supplier<T> work) {
        final int before = torch.get_num_threads();
        if (before <= 1) {
            return work.get();
        }
        set(1);
        try {
            return work.get();
        } finally {
            set(before);
        }
    }

    /** Whether this thread is in such a time. */
    public static boolean isOn() {
        return ON.get() != null;
    }

    private static void set(int threads) {
        SET.ifPresent(function -> function.invokeVoid(new Object[] {threads}));
    }

    @Override
    public void close() {
        blas.close();
        ON.remove();
        if (before > 0) {
            set(before);
        }
    }
}
