package dev.finetune.train;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.InputEncoder;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.internal.Failures;
import dev.finetune.internal.torch.ThreadLimit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Encodes a data set once, chunk by chunk, on all cores, in order. */
public final class RowEncoder {
    private static final int CHUNK = 512;

    private RowEncoder() {}

    /**
     * {@return the encoded rows of a data set, in its order}
     *
     * @param <I> the kind of input
     * @param dataset labelled examples
     * @param encoder of the model (borrowed)
     */
    public static <I> List<Encoded> encode(Dataset<I> dataset, InputEncoder<I> encoder) {
        return encode(dataset, encoder::encode);
    }

    /**
     * {@return what is made of the examples of a data set, in its order}
     *
     * @param <I> the kind of input
     * @param <R> what is made of examples
     * @param dataset labelled examples
     * @param encode makes it of some of them, on several threads at once
     */
    public static <I, R> List<R> encode(Dataset<I> dataset, Function<List<Example<I>>, List<R>> encode) {
        final int threads = ThreadLimit.ofJava();
        final ExecutorService pool = Executors.newFixedThreadPool(threads, task -> {
            final Thread thread = new Thread(task, "finetune-encode");
            thread.setDaemon(true);
            return thread;
        });
        try {
            final List<R> rows = new ArrayList<>();
            final Deque<Future<List<R>>> running = new ArrayDeque<>();
            final Iterator<Example<I>> examples = dataset.iterator();
            while (examples.hasNext()) {
                final List<Example<I>> chunk = new ArrayList<>();
                while (chunk.size() < CHUNK && examples.hasNext()) {
                    chunk.add(examples.next());
                }
                running.add(pool.submit(() -> encode.apply(chunk)));
                if (running.size() > 2 * threads) {
                    rows.addAll(result(running.remove()));
                }
            }
            while (!running.isEmpty()) {
                rows.addAll(result(running.remove()));
            }
            return rows;
        } finally {
            end(pool);
        }
    }

    /** Waits for the chunks under way: what they encode with is closed by who called. */
    private static void end(ExecutorService pool) {
        pool.shutdownNow();
        boolean interrupted = false;
        boolean ended = false;
        while (!ended) {
            try {
                ended = pool.awaitTermination(1, TimeUnit.DAYS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static <R> List<R> result(Future<List<R>> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            Failures.rethrow(e.getCause());
            throw new IllegalStateException(e); // Encoders throw nothing else.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedRun("Interrupted while encoding data; nothing has come of it yet.");
        }
    }
}
