package dev.finetune.internal.torch;

import com.sun.jna.Function;
import com.sun.jna.Pointer;
import dev.finetune.internal.natives.Jna;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;

/**
 * A time in which OpenBLAS uses one thread for a product, in the whole process, and the thread that asks for it. As soon
 * as nobody wants that any more, it has as many as before. MKL asks OpenMP, which knows for each thread.
 */
final class BlasThreads implements AutoCloseable {
    private static final Optional<Function> SET = find("openblas_set_num_threads");
    private static final Optional<Function> GET = find("openblas_get_num_threads");
    private static int wanted;
    private static int before;

    private BlasThreads() {}

    /** Use with try-with-resources. */
    static BlasThreads one() {
        synchronized (BlasThreads.class) {
            if (wanted++ == 0 && SET.isPresent() && GET.isPresent()) {
                before = GET.get().invokeInt(new Object[0]);
                set(1);
            }
        }
        return new BlasThreads();
    }

    private static void set(int threads) {
        SET.ifPresent(function -> function.invokeVoid(new Object[] {threads}));
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
            if (--wanted == 0 && before > 0) {
                set(before);
            }
        }
    }
}
