package dev.finetune.data;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/** Threads that do what processes do of which each has a part of the data. */
public final class InParts {
    private final byte[][] said;
    private final CyclicBarrier barrier;

    private InParts(int parts) {
        this.said = new byte[parts][];
        this.barrier = new CyclicBarrier(parts);
    }

    /** Work of one of them. */
    public interface Work<T> {
        T of(int part, Function<byte[], List<byte[]>> gather) throws Exception;
    }

    /** What each comes to. */
    public static <T> List<T> run(int parts, Work<T> work) throws Exception {
        final InParts all = new InParts(parts);
        final ExecutorService threads = Executors.newFixedThreadPool(parts);
        try {
            final List<Future<T>> running = new ArrayList<>();
            for (int part = 0; part < parts; part++) {
                final int own = part;
                running.add(threads.submit(() -> work.of(own, bytes -> all.gather(own, bytes))));
            }
            final List<T> results = new ArrayList<>();
            for (Future<T> each : running) {
                results.add(each.get());
            }
            return results;
        } finally {
            threads.shutdownNow();
        }
    }

    private List<byte[]> gather(int part, byte[] own) {
        try {
            said[part] = own;
            barrier.await();
            final List<byte[]> all = List.of(said.clone());
            barrier.await();
            return all;
        } catch (InterruptedException | BrokenBarrierException e) {
            throw new IllegalStateException(e);
        }
    }
}
