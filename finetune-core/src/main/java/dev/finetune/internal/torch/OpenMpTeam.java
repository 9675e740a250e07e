package dev.finetune.internal.torch;

import com.sun.jna.Callback;
import com.sun.jna.CallbackReference;
import com.sun.jna.CallbackThreadInitializer;
import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import dev.finetune.internal.natives.Jna;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The threads that LibTorch's own operations and MKL run on: GNU's OpenMP keeps a team for each thread that asks. Those of
 * the team that have nothing to do wait for the next operation at full speed for a while, so that other threads beside
 * them would get half a core each.
 *
 * <p>Within, LibTorch and MKL see that they are in a parallel region and use one thread.
 */
final class OpenMpTeam implements Team {
    private static final String GNU = "libgomp.so.1";

    /** The C library's numbers for binding functions when they are called, and for a library that is loaded already. */
    private static final int RTLD_LAZY = 1;

    private static final int RTLD_NOLOAD = 4;

    /** What OpenMP calls on each thread of a team, with the number of what is to run there. */
    private interface Region extends Callback {
        void run(long number);
    }

    private final Function parallel;
    private final Map<Long, Runnable> running = new ConcurrentHashMap<>();
    private final AtomicLong numbers = new AtomicLong();
    private final Region region = number -> running.get(number).run();
    private final Pointer start;

    private OpenMpTeam(Function parallel) {
        this.parallel = parallel;
        Native.setCallbackThreadInitializer(region, new CallbackThreadInitializer(true, false, "finetune-worker"));
        this.start = CallbackReference.getFunctionPointer(region);
    }

    /** OpenMP's teams, where LibTorch uses GNU's. */
    static Optional<Team> find() {
        if (!Platform.isLinux() || Jna.whyNot().isPresent()) {
            return Optional.empty();
        }
        // By the name that LibTorch asks for, since MKL's jar brings another OpenMP that knows GNU's functions, too.
        final NativeLibrary process = NativeLibrary.getProcess();
        final Pointer library =
                process.getFunction("dlopen").invokePointer(new Object[] {GNU, RTLD_LAZY | RTLD_NOLOAD});
        final Pointer address = library == null
                ? null
                : process.getFunction("dlsym").invokePointer(new Object[] {library, "GOMP_parallel"});
        return Optional.ofNullable(address).map(Function::getFunction).map(OpenMpTeam::new);
    }

    @Override
    public void run(int threads, Runnable each) {
        final Long number = numbers.incrementAndGet();
        running.put(number, each);
        try {
            parallel.invokeVoid(new Object[] {start, number, threads, 0});
        } finally {
            running.remove(number);
        }
    }
}
