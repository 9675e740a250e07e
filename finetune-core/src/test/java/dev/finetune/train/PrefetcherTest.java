package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.batch.HostBatch;
import dev.finetune.error.FinetuneException;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class PrefetcherTest {
    /** Remembers the thread that reads it. */
    private static final class Source implements Iterator<List<HostBatch>> {
        final AtomicInteger read = new AtomicInteger();
        final AtomicReference<Thread> reader = new AtomicReference<>();
        private final int count;
        private final IntFunction<HostBatch> make;

        Source(int count, IntFunction<HostBatch> make) {
            this.count = count;
            this.make = make;
        }

        @Override
        public boolean hasNext() {
            reader.set(Thread.currentThread());
            return read.get() < count;
        }

        @Override
        public List<HostBatch> next() {
            return List.of(make.apply(read.getAndIncrement()));
        }

        void assertThreadEnds() throws InterruptedException {
            while (reader.get() == null) {
                Thread.sleep(1);
            }
            reader.get().join(5000);
            assertThat(reader.get().isAlive()).isFalse();
        }
    }

    private static HostBatch empty() {
        return new HostBatch(Map.of(), List.of());
    }

    @Test
    void batchesComeInOrderEachOnceAndThenNoMore() throws InterruptedException {
        final List<HostBatch> all = java.util.stream.IntStream.range(0, 50)
                .mapToObj(i -> new HostBatch(Map.of(), Rows.of(i + 1, 2, i)))
                .toList();
        final Source source = new Source(50, all::get);
        try (Prefetcher batches = new Prefetcher(source)) {
            for (HostBatch expected : all) {
                assertThat(batches.hasNext()).isTrue();
                assertThat(batches.next()).isSameAs(expected);
            }
            assertThat(batches.hasNext()).isFalse();
            assertThat(batches.hasNext()).isFalse();
            assertThatThrownBy(batches::next).isInstanceOf(NoSuchElementException.class);
        }
        source.assertThreadEnds();
    }

    @Test
    void whatTheSourceThrowsReachesTheCallerAfterTheBatchesBefore() throws InterruptedException {
        for (Throwable failure : List.of(new FinetuneException("row 3 is broken"), new OutOfMemoryError("big"))) {
            final Source source = new Source(9, i -> {
                if (i == 3) {
                    if (failure instanceof Error error) {
                        throw error;
                    }
                    throw (RuntimeException) failure;
                }
                return empty();
            });
            try (Prefetcher batches = new Prefetcher(source)) {
                for (int i = 0; i < 3; i++) {
                    batches.next();
                }
                assertThatThrownBy(batches::hasNext).isSameAs(failure);
                assertThatThrownBy(batches::next).isSameAs(failure);
            }
            source.assertThreadEnds();
        }
    }

    @Test
    void onlyAFewAreMadeAhead() throws InterruptedException {
        final Source source = new Source(1000, i -> empty());
        try (Prefetcher batches = new Prefetcher(source)) {
            batches.next();
            Thread.sleep(300);
            assertThat(source.read.get()).isBetween(1, 7);
        }
        source.assertThreadEnds();
    }

    @Test
    void closingHalfWayEndsTheThreadAlsoWhenItWaits() throws InterruptedException {
        final Source full = new Source(1000, i -> empty());
        final Prefetcher waitsForRoom = new Prefetcher(full);
        waitsForRoom.next();
        while (full.read.get() < 5) {
            Thread.sleep(1);
        }
        waitsForRoom.close();
        full.assertThreadEnds();

        final CountDownLatch never = new CountDownLatch(1);
        final Source slow = new Source(1000, i -> {
            try {
                never.await();
            } catch (InterruptedException e) {
                throw new FinetuneException("interrupted", e);
            }
            return empty();
        });
        final Prefetcher waitsForSource = new Prefetcher(slow);
        while (slow.read.get() == 0) {
            Thread.sleep(1);
        }
        waitsForSource.close();
        slow.assertThreadEnds();
    }

    @Test
    void anInterruptedCallerIsToldAndStaysInterrupted() {
        final CountDownLatch never = new CountDownLatch(1);
        final Source slow = new Source(1, i -> {
            try {
                never.await();
            } catch (InterruptedException e) {
                throw new FinetuneException("interrupted", e);
            }
            return empty();
        });
        try (Prefetcher batches = new Prefetcher(slow)) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(batches::hasNext)
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("Interrupted");
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void closingWaitsForTheSourceAlsoInAnInterruptedThread() {
        final CountDownLatch begun = new CountDownLatch(1);
        final AtomicInteger ended = new AtomicInteger();
        final Prefetcher batches = new Prefetcher(new Source(1, i -> {
            begun.countDown();
            final long end = System.nanoTime() + 300_000_000L;
            while (System.nanoTime() < end) {
                Thread.onSpinWait(); // It reads on, whatever it is told.
            }
            ended.incrementAndGet();
            return empty();
        }));
        Thread.currentThread().interrupt();
        assertThatThrownBy(batches::hasNext).isInstanceOf(FinetuneException.class);
        assertThat(Thread.interrupted()).isTrue();
        awaitUninterrupted(begun);
        Thread.currentThread().interrupt();
        batches.close();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(ended.get()).isOne();
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
