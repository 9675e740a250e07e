package dev.finetune.internal.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.finetune.error.FinetuneException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class CallersTest {
    @Test
    void whoCallsAloneComputesInItsOwnThreadOnAllCores() throws InterruptedException {
        Thread.sleep(50); // Longer than other callers, of tests before, are remembered.
        final int before = torch.get_num_threads();
        final Thread self = Thread.currentThread();
        final List<Integer> steps = new ArrayList<>();
        Callers.run(
                () -> {
                    assertThat(Thread.currentThread()).isSameAs(self);
                    assertThat(OneCore.isOn()).isFalse();
                    assertThat(torch.get_num_threads()).isEqualTo(before);
                    steps.add(steps.size());
                    return steps.size() < 3;
                },
                true);
        assertThat(steps).containsExactly(0, 1, 2);
    }

    @Test
    void severalCallersWorkIsDoneWholeAndInOrderByAsManyThreadsAsThereAreCores() throws Exception {
        final AtomicInteger now = new AtomicInteger();
        final AtomicInteger most = new AtomicInteger();
        final int callers = 4 * Callers.CORES + 2;
        final CountDownLatch all = new CountDownLatch(callers);
        final ExecutorService threads = Executors.newFixedThreadPool(callers);
        final List<Future<List<Integer>>> running = new ArrayList<>();
        for (int i = 0; i < callers; i++) {
            running.add(threads.submit(() -> {
                final List<Integer> steps = new ArrayList<>();
                all.countDown();
                all.await();
                for (int request = 0; request < 5; request++) {
                    final int end = 10 * (request + 1);
                    Callers.run(
                            () -> {
                                // The first of all may begin alone, in its own thread.
                                final boolean shared = OneCore.isOn();
                                if (shared) {
                                    most.accumulateAndGet(now.incrementAndGet(), Math::max);
                                    if (OpenMp.find("omp_set_num_threads").isPresent()) {
                                        assertThat(torch.get_num_threads()).isEqualTo(1);
                                    }
                                }
                                sleep(3); // Some give way to others, between their steps.
                                steps.add(steps.size());
                                if (shared) {
                                    now.decrementAndGet();
                                }
                                return steps.size() < end;
                            },
                            true);
                }
                return steps;
            }));
        }
        for (Future<List<Integer>> future : running) {
            assertThat(future.get()).hasSize(50).isSorted();
        }
        threads.shutdown();
        assertThat(most.get()).isBetween(1, Callers.CORES);
        assertThat(Callers.waiting()).isZero();
    }

    @Test
    void whoWaitsCanBeInterruptedAndGetsWhatItsWorkThrows() throws Exception {
        final CountDownLatch end = new CountDownLatch(1);
        final int busy = Callers.CORES + 1;
        final CountDownLatch begun = new CountDownLatch(busy);
        final ExecutorService threads = Executors.newFixedThreadPool(busy);
        final List<Future<?>> running = new ArrayList<>();
        Thread.sleep(50); // Longer than other callers, of tests before, are remembered.
        for (int i = 0; i < busy; i++) {
            running.add(threads.submit(() -> Callers.run(
                    () -> {
                        begun.countDown();
                        await(end);
                        throw new IllegalArgumentException("of the work");
                    },
                    true)));
            if (i == 0) {
                while (begun.getCount() == busy) {
                    Thread.sleep(1);
                }
            }
        }
        begun.await(); // One alone, in its own thread, before the others came; and one on each of the shared threads.
        final AtomicBoolean asserted = new AtomicBoolean();
        final Thread waits = new Thread(() -> {
            assertThatThrownBy(() -> Callers.run(() -> false, true))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("The thread is interrupted");
            asserted.set(Thread.currentThread().isInterrupted());
        });
        waits.start();
        while (Callers.waiting() == 0) {
            Thread.sleep(1);
        }
        waits.interrupt();
        waits.join();
        assertThat(asserted).isTrue();
        end.countDown();
        for (Future<?> future : running) {
            assertThatThrownBy(future::get)
                    .hasCauseInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("of the work");
        }
        threads.shutdown();
    }

    @Test
    void workThatAsksForWorkIsNotKeptWaiting() throws Exception {
        final ExecutorService threads = Executors.newFixedThreadPool(8);
        final List<Future<Integer>> running = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            running.add(threads.submit(() -> {
                final AtomicInteger inner = new AtomicInteger();
                for (int request = 0; request < 20; request++) {
                    Callers.run(
                            () -> {
                                Callers.run(
                                        () -> {
                                            sleep(1);
                                            return inner.incrementAndGet() % 3 != 0;
                                        },
                                        true);
                                return false;
                            },
                            true);
                }
                return inner.get();
            }));
        }
        for (Future<Integer> future : running) {
            assertThat(future.get()).isEqualTo(60);
        }
        threads.shutdown();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anInterruptedThreadBeginsNothingAndStaysInterrupted(boolean onCores) {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> Callers.run(() -> fail("it began"), onCores))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("The thread is interrupted");
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void whoIsInterruptedAloneOrAmongOthersStopsAfterTheStepUnderWay() throws Exception {
        for (int callers : new int[] {1, 3 * Callers.CORES}) {
            Thread.sleep(50); // Longer than other callers are remembered.
            final List<Thread> threads = new ArrayList<>();
            final List<AtomicInteger> steps = new ArrayList<>();
            final AtomicInteger right = new AtomicInteger();
            for (int i = 0; i < callers; i++) {
                final AtomicInteger mine = new AtomicInteger();
                final Thread thread = new Thread(() -> {
                    try {
                        Callers.run(
                                () -> {
                                    LockSupport.parkNanos(2_000_000);
                                    mine.incrementAndGet();
                                    return true;
                                },
                                true);
                    } catch (FinetuneException e) {
                        right.addAndGet(Thread.currentThread().isInterrupted() ? 1 : 0);
                    }
                });
                thread.start();
                threads.add(thread);
                steps.add(mine);
            }
            while (steps.stream().anyMatch(mine -> mine.get() < 2)) {
                Thread.sleep(1);
            }
            final long before = System.nanoTime();
            threads.forEach(Thread::interrupt);
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(System.nanoTime() - before).isLessThan(5_000_000_000L);
            assertThat(right).hasValue(callers);
            assertThat(Callers.waiting()).isZero();
            final List<Integer> made = steps.stream().map(AtomicInteger::get).toList();
            Thread.sleep(20);
            assertThat(steps.stream().map(AtomicInteger::get).toList()).isEqualTo(made);
        }
    }

    @Test
    void onOneCoreTheWorkersArentAsked() {
        final int before = torch.get_num_threads();
        final Thread self = Thread.currentThread();
        try (OneCore one = OneCore.use()) {
            Workers.run(
                    20, (piece, worker) -> assertThat(Thread.currentThread()).isSameAs(self));
        }
        assertThat(OneCore.isOn()).isFalse();
        assertThat(torch.get_num_threads()).isEqualTo(before);
    }

    private static void sleep(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
