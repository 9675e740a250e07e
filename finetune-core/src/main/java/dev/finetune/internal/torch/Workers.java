package dev.finetune.internal.torch;

import dev.finetune.internal.Failures;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Runs many small pieces of work on all cores, each piece on one thread. Left to themselves, LibTorch and the BLAS would
 * cut each piece up again for all cores, at more cost than gain: twelve products of 128 x 64 x 128 take OpenBLAS 660
 * microseconds on two threads and 260 on one.
 */
public final class Workers {
    static {
        Natives.load();
    }

    private static @Nullable Workers started;

    private final int threads;
    private final Team team;

    private Workers(int threads, Team team) {
        this.threads = threads;
        this.team = team;
    }

    /** Threads that run the same code. */
    interface Team {
        /**
         * Runs code on some threads at once and returns when it has ended on all of them.
         *
         * @param threads how many threads, at the most
         * @param each what runs on each of them; throws nothing
         */
        void run(int threads, Runnable each);
    }

    /** A piece of work. */
    public interface Work {
        /** Does piece number {@code piece}; no two run at once with the same {@code worker}. */
        void run(int piece, int worker);
    }

    /** How many pieces can run at once. */
    public static int count() {
        return get().threads;
    }

    /**
     * Runs pieces 0 to count - 1, in any order, and returns when none runs any more; all on this thread where it is to use
     * {@link OneCore}.
     *
     * @param work does one piece, without recording gradients, and frees what it makes; is told which piece, and which
     *     worker it runs on, of {@link #count}
     * @throws RuntimeException what a piece threw; pieces that had not begun are then left out
     */
    public static void run(int count, Work work) {
        try (BlasThreads one = count <= 1 || OneCore.isOn() ? null : BlasThreads.one()) {
            runWithoutProducts(count, work);
        }
    }

    /** The same for work that multiplies no matrices: other threads' products go on as they do. */
    public static void runWithoutProducts(int count, Work work) {
        final Pieces pieces = new Pieces(count, work);
        if (count <= 1 || OneCore.isOn()) {
            pieces.run();
        } else {
            final Workers workers = get();
            workers.team.run(Math.min(count, workers.threads), pieces);
        }
        Failures.rethrow(pieces.failure.get());
    }

    /** As many as LibTorch has threads when they are first asked for. */
    private static synchronized Workers get() {
        if (started == null) {
            final int threads = torch.get_num_threads();
            started = new Workers(threads, OpenMpTeam.find().orElseGet(() -> OwnThreads.start(threads)));
        }
        return started;
    }

    /** What is left to do, by whoever comes. */
    private static final class Pieces implements Runnable {
        private final int count;
        private final Work work;
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger workers = new AtomicInteger();
        private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

        Pieces(int count, Work work) {
            this.count = count;
            this.work = work;
        }

        @Override
        public void run() {
            final int worker = workers.getAndIncrement();
            try (GradientMode off = GradientMode.off()) {
                for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
                    work.run(i, worker);
                }
            } catch (RuntimeException | Error e) {
                next.set(count);
                failure.set(e);
            }
        }
    }
}
