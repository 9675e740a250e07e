package dev.finetune.train;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Threads that do what processes do which train together: the same calls, or all end. */
final class ThreadGroups {
    private final int size;
    private final long earlySum;
    private final List<byte[]> said = new ArrayList<>();
    private List<byte[]> heard = List.of();
    private int came;
    private long round;

    private @Nullable Throwable failure;

    private ThreadGroups(int size, long earlySum) {
        this.size = size;
        this.earlySum = earlySum;
    }

    /** What came of each: what it gave, or what it has thrown. */
    static <T> List<CompletableFuture<T>> run(int size, Function<ProcessGroup, T> work) throws InterruptedException {
        return run(size, 0, work);
    }

    /** The same, with sums that take what they are given when they begin, and are there when they are waited for. */
    static <T> List<CompletableFuture<T>> run(int size, long earlySum, Function<ProcessGroup, T> work)
            throws InterruptedException {
        final ThreadGroups groups = new ThreadGroups(size, earlySum);
        final List<CompletableFuture<T>> all = new ArrayList<>();
        final List<Thread> threads = new ArrayList<>();
        for (int rank = 0; rank < size; rank++) {
            final int own = rank;
            final CompletableFuture<T> result = new CompletableFuture<>();
            all.add(result);
            final Thread thread = new Thread(() -> {
                try {
                    result.complete(work.apply(groups.new One(own)));
                } catch (RuntimeException | Error e) {
                    groups.fail(own, e);
                    result.completeExceptionally(e);
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        return all;
    }

    /** Of how many tensors a process has begun the sum during a backward pass. */
    static int early(ProcessGroup group) {
        return ((One) group).early;
    }

    /** What one has thrown. */
    static Throwable thrown(CompletableFuture<?> result) throws InterruptedException {
        try {
            throw new AssertionError("It came to " + result.get());
        } catch (ExecutionException e) {
            return e.getCause();
        }
    }

    private synchronized void fail(int rank, Throwable why) {
        if (failure == null) {
            failure = new FinetuneException("Process " + rank + " failed: " + why.getMessage());
        }
        notifyAll();
    }

    private synchronized List<byte[]> gather(int rank, byte[] own) {
        if (came == 0) {
            said.clear();
            for (int i = 0; i < size; i++) {
                said.add(new byte[0]);
            }
        }
        said.set(rank, own);
        final long now = round;
        if (++came == size) {
            came = 0;
            round++;
            heard = List.copyOf(said);
            notifyAll();
        }
        boolean interrupted = false;
        while (round == now) {
            if (failure != null) {
                throw (FinetuneException) failure;
            }
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return heard;
    }

    private final class One implements ProcessGroup {
        private final int rank;
        private int early;

        One(int rank) {
            this.rank = rank;
        }

        @Override
        public int rank() {
            return rank;
        }

        @Override
        public int size() {
            return size;
        }

        @Override
        public List<byte[]> gather(byte[] own) {
            return ThreadGroups.this.gather(rank, own);
        }

        @Override
        public void sum(List<Tensor> tensors) {
            tensors.forEach(tensor -> put(tensor, sum(bytes(tensor))));
        }

        private float[] sum(byte[] own) {
            final float[] sums = new float[own.length / Float.BYTES];
            for (byte[] each : gather(own)) {
                final ByteBuffer numbers = ByteBuffer.wrap(each);
                for (int i = 0; i < sums.length; i++) {
                    sums[i] += numbers.getFloat();
                }
            }
            return sums;
        }

        @Override
        public long earlySum() {
            return earlySum;
        }

        @Override
        public Sum begin(List<Tensor> tensors) {
            final List<byte[]> own = tensors.stream().map(this::bytes).toList();
            if (StackWalker.getInstance()
                    .walk(frames ->
                            frames.anyMatch(frame -> frame.getMethodName().equals("passed")))) {
                early += tensors.size();
            }
            return new Sum() {
                @Override
                public void await() {
                    for (int i = 0; i < own.size(); i++) {
                        put(tensors.get(i), sum(own.get(i)));
                    }
                }

                @Override
                public void close() {}
            };
        }

        @Override
        public void broadcast(List<Tensor> tensors) {
            for (Tensor tensor : tensors) {
                final float[] first = new float[Math.toIntExact(tensor.numel())];
                ByteBuffer.wrap(gather(bytes(tensor)).get(0)).asFloatBuffer().get(first);
                put(tensor, first);
            }
        }

        private byte[] bytes(Tensor tensor) {
            final float[] numbers = Tensors.floats(tensor);
            final ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * numbers.length);
            bytes.asFloatBuffer().put(numbers);
            return bytes.array();
        }

        private void put(Tensor tensor, float[] numbers) {
            try (TensorScope scope = TensorScope.open();
                    GradientMode off = GradientMode.off()) {
                tensor.detach().copy_(Tensors.of(numbers, numbers.length).view_as(tensor));
            }
        }
    }
}
