package dev.finetune.internal.torch;

import com.sun.jna.Callback;
import com.sun.jna.CallbackReference;
import com.sun.jna.CallbackThreadInitializer;
import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.util.Map;
import java.util.Objects;
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
final class OpenMpTeam implements Workers.Team {
    /** What OpenMP calls on each thread of a team, with the number of what is to run there. */
    private interface Region extends Callback {
        void run(long number);
    }

    private final Function parallel;
    private final Map<Long, Runnable> running = new ConcurrentHashMap<>();
    private final AtomicLong numbers = new AtomicLong();
    private final Region region =
            number -> Objects.requireNonNull(running.get(number)).run();
    private final Pointer start;

    private OpenMpTeam(Function parallel) {
        this.parallel = parallel;
        Native.setCallbackThreadInitializer(region, new CallbackThreadInitializer(true, false, "finetune-worker"));
        this.start = CallbackReference.getFunctionPointer(region);
    }

    /** OpenMP's teams, where LibTorch uses GNU's. */
    static Optional<Workers.Team> find() {
        return OpenMp.find("GOMP_parallel").map(OpenMpTeam::new);
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
