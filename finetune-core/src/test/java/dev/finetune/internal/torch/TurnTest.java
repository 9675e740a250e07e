package dev.finetune.internal.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FinetuneException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TurnTest {
    private static final int MOST = Turn.MOST;

    @Test
    void whoCallsAloneUsesAllCores() throws InterruptedException {
        Thread.sleep(50); // Longer than other callers, of tests before, are remembered.
        final int before = torch.get_num_threads();
        try (Turn turn = Turn.take()) {
            assertThat(OneCore.isOn()).isFalse();
            assertThat(torch.get_num_threads()).isEqualTo(before);
        }
    }

    @Test
    void severalCallersUseOneCoreEachAndAFewComputeAtOnce() throws Exception {
        final AtomicInteger now = new AtomicInteger();
        final AtomicInteger most = new AtomicInteger();
        final int callers = 2 * MOST + 2;
        final CountDownLatch all = new CountDownLatch(callers);
        final ExecutorService threads = Executors.newFixedThreadPool(callers);
        final List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < callers; i++) {
            running.add(threads.submit(() -> {
                all.countDown();
                all.await();
                for (int request = 0; request < 20; request++) {
                    try (Turn turn = Turn.take();
                            Turn nested = Turn.take()) {
                        most.accumulateAndGet(now.incrementAndGet(), Math::max);
                        nested.pass();
                        Thread.sleep(1);
                        if (OneCore.isOn() && OpenMp.find("omp_set_num_threads").isPresent()) {
                            assertThat(torch.get_num_threads()).isEqualTo(1);
                        }
                        now.decrementAndGet();
                    }
                }
                return null;
            }));
        }
        for (Future<?> future : running) {
            future.get();
        }
        threads.shutdown();
        assertThat(most.get()).isBetween(1, MOST);
        assertThat(Turn.waiting()).isZero();
    }

    @Test
    void whoWaitsCanBeInterruptedAndWhoNeedNotWaitGoesOn() throws Exception {
        Thread.currentThread().interrupt();
        try (Turn turn = Turn.take()) {
            assertThat(Thread.interrupted()).isTrue();
        }
        final CountDownLatch taken = new CountDownLatch(MOST);
        final CountDownLatch end = new CountDownLatch(1);
        final ExecutorService threads = Executors.newFixedThreadPool(MOST);
        final List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < MOST; i++) {
            running.add(threads.submit(() -> {
                try (Turn turn = Turn.take()) {
                    taken.countDown();
                    end.await();
                }
                return null;
            }));
        }
        taken.await();
        final AtomicBoolean asserted = new AtomicBoolean();
        final Thread waits = new Thread(() -> {
            assertThatThrownBy(Turn::take)
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("interrupted while it waited");
            asserted.set(Thread.currentThread().isInterrupted());
        });
        waits.start();
        while (Turn.waiting() == 0) {
            Thread.sleep(1);
        }
        waits.interrupt();
        waits.join();
        assertThat(asserted).isTrue();
        end.countDown();
        for (Future<?> future : running) {
            future.get();
        }
        threads.shutdown();
        try (Turn turn = Turn.take()) {
            assertThat(Turn.waiting()).isZero();
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
}
