package dev.finetune.examples.bench;

import dev.finetune.FineTuned;
import dev.finetune.examples.ProcessFacts;
import dev.finetune.head.Prediction;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Requests of many threads to one model, each compared with the answer that one thread got, before the others came.
 *
 * @param <I> the kind of input
 */
final class ServerLoad<I> {
    private static final double CLOSE = 1e-5;

    private final FineTuned<I> model;
    private final List<List<I>> requests;
    private final List<List<Prediction>> expected;

    ServerLoad(FineTuned<I> model, List<List<I>> requests) {
        this.model = model;
        this.requests = requests;
        this.expected = requests.stream().map(model::predict).toList();
    }

    /**
     * What became of the requests.
     *
     * @param inputs how many were in them
     * @param wrong answers of another label, or with a logit that is off by more than 1e-5
     * @param largestDifference of any logit
     */
    record Counted(long inputs, long wrong, double largestDifference, double seconds) {
        private Counted plus(Counted other) {
            return new Counted(
                    inputs + other.inputs,
                    wrong + other.wrong,
                    Math.max(largestDifference, other.largestDifference),
                    Math.max(seconds, other.seconds));
        }
    }

    /** Asks so many times, each of the threads whenever it got its answer. */
    Counted run(int threads, int count) throws InterruptedException, ExecutionException {
        final ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            final AtomicInteger next = new AtomicInteger();
            final List<Future<Counted>> running = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                running.add(executor.submit(() -> ask(next, count)));
            }
            Counted all = new Counted(0, 0, 0, 0);
            for (Future<Counted> future : running) {
                all = all.plus(future.get());
            }
            return all;
        } finally {
            executor.shutdownNow();
        }
    }

    private Counted ask(AtomicInteger next, int count) {
        final long start = System.nanoTime();
        Counted mine = new Counted(0, 0, 0, 0);
        for (int number = next.getAndIncrement(); number < count; number = next.getAndIncrement()) {
            final int at = number % requests.size();
            final List<Prediction> found = model.predict(requests.get(at));
            for (int i = 0; i < found.size(); i++) {
                mine = mine.plus(compared(found.get(i), expected.get(at).get(i)));
            }
            if ((number + 1) % Math.max(1, count / 10) == 0) {
                System.err.println((number + 1) + " of " + count + " requests, " + ProcessFacts.residentMegabytes()
                        + " MB resident");
            }
        }
        return mine.plus(new Counted(0, 0, 0, (System.nanoTime() - start) / 1e9));
    }

    private static Counted compared(Prediction found, Prediction expected) {
        final float[] logits = found.logits().get(0);
        final float[] right = expected.logits().get(0);
        double largest = 0;
        for (int i = 0; i < right.length; i++) {
            largest = Math.max(largest, Math.abs(logits[i] - right[i]));
        }
        final boolean wrong = !found.label().equals(expected.label()) || !(largest <= CLOSE);
        return new Counted(1, wrong ? 1 : 0, largest, 0);
    }
}
