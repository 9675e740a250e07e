package dev.finetune.internal.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class WhereaboutsTest {
    private static final Whereabouts HERE = new Whereabouts("boot-1", "pid:[1]");
    private static final Whereabouts OTHER_CONTAINER = new Whereabouts("boot-1", "pid:[2]");
    private static final Whereabouts OTHER_MACHINE = new Whereabouts("boot-2", "pid:[1]");
    private static final Whereabouts UNKNOWN = new Whereabouts("", "");

    @Test
    void processesAreWatchedByTheirNumbersWhereThoseMeanTheSame() {
        assertThat(HERE.watchable(List.of(HERE, OTHER_CONTAINER, OTHER_MACHINE, UNKNOWN)))
                .containsExactly(true, false, false, false);
        assertThat(UNKNOWN.watchable(List.of(UNKNOWN))).containsExactly(false);
        for (Whereabouts each : List.of(HERE, OTHER_CONTAINER, OTHER_MACHINE, UNKNOWN, Whereabouts.own())) {
            assertThat(Whereabouts.of(each.toString())).isEqualTo(each);
        }
    }

    @Test
    void memoryIsSharedByContainersOfOneMachineAndNotByTwoMachines() throws Exception {
        assumeThat(Path.of("/dev/shm")).isDirectory();
        assertThat(shared(HERE, OTHER_CONTAINER)).containsExactly(true, true);
        assertThat(shared(HERE, OTHER_MACHINE)).containsExactly(false, false);
    }

    /** Whether each comes to share memory. */
    private static List<Boolean> shared(Whereabouts... places) throws Exception {
        final byte[][] said = new byte[places.length][];
        final CyclicBarrier barrier = new CyclicBarrier(places.length);
        final ExecutorService threads = Executors.newFixedThreadPool(places.length);
        try {
            final List<Future<Boolean>> running = new ArrayList<>();
            for (int rank = 0; rank < places.length; rank++) {
                final int own = rank;
                running.add(threads.submit(() -> {
                    final Optional<SharedMemoryExchange> joined = SharedMemoryExchange.join(
                            own,
                            places.length,
                            places[own],
                            bytes -> {
                                said[own] = bytes;
                                await(barrier);
                                final List<byte[]> all = List.of(said.clone());
                                await(barrier);
                                return all;
                            },
                            () -> {},
                            Duration.ofSeconds(10));
                    joined.ifPresent(SharedMemoryExchange::close);
                    return joined.isPresent();
                }));
            }
            final List<Boolean> all = new ArrayList<>();
            for (Future<Boolean> each : running) {
                all.add(each.get());
            }
            return all;
        } finally {
            threads.shutdownNow();
        }
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (InterruptedException | BrokenBarrierException e) {
            throw new IllegalStateException(e);
        }
    }
}
