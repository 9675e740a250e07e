package dev.finetune.internal.distributed;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Exchanges tensors between processes of one machine through memory that they share, several times as fast as through sockets: each
 * copies its own numbers there, chunk by chunk, and reads those of the others. Two processes add what the other has to what they have;
 * of more, each adds up its share of every chunk, in the order of the processes, and takes the other shares from those who did. Either
 * way all have the same sums, to the bit.
 *
 * <p>All processes call the same methods in the same order. Used by one thread at a time. Once a method has thrown, the others throw,
 * too, in this process and before long in all.
 */
final class SharedMemoryExchange implements Exchange, AutoCloseable {
    private static final int SUM = 1;
    private static final int BROADCAST = 2;

    private final int rank;
    private final int size;
    private final SharedRegion region;
    private final Neighbours neighbours;
    private final ChunkSize chunkSize;
    private @Nullable Tensor scratch;

    /** Chunks of all calls so far, and calls. */
    private long base;

    private long calls;
    private boolean over;
    private boolean closed;

    private SharedMemoryExchange(int rank, int size, SharedRegion region, Neighbours neighbours) {
        this.rank = rank;
        this.size = size;
        this.region = region;
        this.neighbours = neighbours;
        this.chunkSize = new ChunkSize(region.slotFloats());
    }

    /**
     * Shares memory with the other processes; all of them call this. There are {@code 3 x 16 MB} of it for each, or less where there
     * is less room.
     *
     * @param rank which of these processes this one is
     * @param size how many they are, at least two
     * @param gather what each of them says, told to all in the order of their ranks
     * @param check called every tenth of a second while a process waits for another; throws what ends the waiting
     * @param timeout after which a process that is alive, but doesn't come, is no longer waited for
     * @return empty in all of them where one can't: they aren't on one machine, it isn't a Linux, or has no room
     */
    static Optional<SharedMemoryExchange> join(int rank, int size, Gather gather, Runnable check, Duration timeout) {
        return join(rank, size, Whereabouts.own(), gather, check, timeout);
    }

    /** The same of a process that says that it is elsewhere. */
    static Optional<SharedMemoryExchange> join(
            int rank, int size, Whereabouts whereabouts, Gather gather, Runnable check, Duration timeout) {
        final Optional<Path> own = rank == 0 ? SharedRegion.create(size) : Optional.empty();
        try {
            final String name = own.map(Path::toString).orElse("");
            final List<String> told =
                    gather.gather((whereabouts + "\n" + name).getBytes(StandardCharsets.UTF_8)).stream()
                            .map(each -> new String(each, StandardCharsets.UTF_8))
                            .toList();
            final List<Whereabouts> places = told.stream()
                    .map(each -> Whereabouts.of(each.substring(0, each.indexOf('\n'))))
                    .toList();
            final String file = told.get(0).substring(told.get(0).indexOf('\n') + 1);
            final Optional<SharedRegion> mapped = file.isEmpty() || !whereabouts.isOnOneMachine(places)
                    ? Optional.empty()
                    : SharedRegion.open(Path.of(file), rank, size);
            final Optional<Neighbours> neighbours = mapped.map(
                    region -> new Neighbours(region, rank, size, whereabouts.watchable(places), check, timeout));
            boolean all = true;
            for (byte[] each : gather.gather(new byte[] {(byte) (mapped.isPresent() ? 1 : 0)})) {
                all &= each[0] == 1;
            }
            if (!all) {
                mapped.ifPresent(SharedRegion::close);
                return Optional.empty();
            }
            try {
                neighbours.orElseThrow().meet();
            } catch (RuntimeException e) {
                mapped.orElseThrow().close();
                throw e;
            }
            return Optional.of(new SharedMemoryExchange(rank, size, mapped.orElseThrow(), neighbours.orElseThrow()));
        } finally {
            own.ifPresent(SharedRegion::delete);
        }
    }

    /** Tells what one process says to all, and what they say to it. */
    interface Gather {
        List<byte[]> gather(byte[] own);
    }

    /** Whether tensors can be exchanged so: they are all of float32 on the CPU. */
    static boolean takes(List<Tensor> tensors) {
        return tensors.stream()
                .allMatch(tensor -> tensor.is_cpu() && tensor.scalar_type().intern() == ScalarType.Float);
    }

    /**
     * Puts in place of each tensor the sum of all processes' tensors.
     *
     * @param tensors that it {@link #takes}, of the same shapes in the same order in all processes; borrowed for the call, and changed
     * @throws FinetuneException if a process is gone, doesn't come, or comes with other tensors
     */
    @Override
    public void sum(List<Tensor> tensors) {
        exchange(SUM, tensors, size == 2 ? this::addOther : this::addShares);
    }

    /**
     * Puts in place of each tensor that of the first process.
     *
     * @param tensors as for {@link #sum}
     * @throws FinetuneException as for {@link #sum}
     */
    @Override
    public void broadcast(List<Tensor> tensors) {
        exchange(BROADCAST, tensors, this::takeFirst);
    }

    private interface Way {
        void run(Chunks chunks);
    }

    private void exchange(int what, List<Tensor> tensors, Way way) {
        if (over) {
            throw new IllegalStateException("An exchange failed before, or this one was closed.");
        }
        over = true; // Until it has gone well.
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            final List<Tensor> flat = new ArrayList<>();
            long floats = 0;
            for (Tensor tensor : tensors) {
                flat.add(tensor.detach().contiguous().view(-1));
                floats += tensor.numel();
            }
            final int chunk = enter(what, tensors.size(), floats);
            final long start = System.nanoTime();
            final Chunks chunks = new Chunks(flat, chunk);
            way.run(chunks);
            finish(chunks.count());
            for (int i = 0; i < tensors.size(); i++) {
                if (!tensors.get(i).is_contiguous()) {
                    tensors.get(i).detach().copy_(flat.get(i).view_as(tensors.get(i)));
                }
            }
            if (what == SUM) {
                chunkSize.took(chunk, floats, System.nanoTime() - start);
            }
            over = false;
        } finally {
            if (over) {
                neighbours.leave();
            }
        }
    }

    /**
     * Waits until all others have come, too, and for the same. What each came for is said in one of two places in turn: nobody can be
     * two calls ahead of another.
     *
     * @return how many floats a chunk has, as the first process says
     */
    private int enter(int what, int tensors, long floats) {
        calls++;
        final int place = 1 + (int) (calls % 2) * 4;
        region.writeBeside(Neighbours.ENTERED, place, what);
        region.writeBeside(Neighbours.ENTERED, place + 1, tensors);
        region.writeBeside(Neighbours.ENTERED, place + 2, floats);
        region.writeBeside(Neighbours.ENTERED, place + 3, chunkSize.next(floats));
        region.write(Neighbours.ENTERED, calls);
        neighbours.await(Neighbours.ENTERED, calls);
        for (int other = 0; other < size; other++) {
            final long otherWhat = region.readBeside(other, Neighbours.ENTERED, place);
            final long otherTensors = region.readBeside(other, Neighbours.ENTERED, place + 1);
            final long otherFloats = region.readBeside(other, Neighbours.ENTERED, place + 2);
            if (otherWhat != what || otherTensors != tensors || otherFloats != floats) {
                throw new FinetuneException("Process " + rank + " comes to " + described(what, tensors, floats)
                        + ", process " + other + " to " + described(otherWhat, otherTensors, otherFloats)
                        + ": all processes have to train the same network with the same settings.");
            }
        }
        return (int) region.readBeside(0, Neighbours.ENTERED, place + 3);
    }

    private static String described(long what, long tensors, long floats) {
        return (what == SUM ? "the sum of " : "the broadcast of ") + tensors + " tensors with " + floats + " numbers";
    }

    /** Of two processes: each adds the other's numbers to its own. */
    private void addOther(Chunks chunks) {
        for (long i = 0; i <= chunks.count(); i++) {
            if (i < chunks.count()) {
                copy(chunks, (int) i);
            }
            inTurn(i - 1, chunks, Neighbours.COPIED, chunk -> {
                final Tensor other = region.slot(1 - rank, base + chunk);
                for (Chunks.Piece piece : chunks.pieces((int) chunk)) {
                    chunks.part(piece).add_(Chunks.place(other, piece));
                }
                region.write(Neighbours.TAKEN, base + chunk + 1);
            });
        }
    }

    /** Of more: each adds up its share of a chunk, in its own slot, and all take it there. */
    private void addShares(Chunks chunks) {
        for (long i = 0; i <= chunks.count() + 1; i++) {
            if (i < chunks.count()) {
                copy(chunks, (int) i);
            }
            inTurn(i - 1, chunks, Neighbours.COPIED, chunk -> {
                reduce(base + chunk, chunks.floats((int) chunk));
                region.write(Neighbours.REDUCED, base + chunk + 1);
            });
            inTurn(i - 2, chunks, Neighbours.REDUCED, chunk -> {
                takeShares(chunks, (int) chunk);
                region.write(Neighbours.TAKEN, base + chunk + 1);
            });
        }
    }

    /** Does something with a chunk, if there is such a one, once all others have done what comes before. */
    private void inTurn(long chunk, Chunks chunks, int before, LongConsumer work) {
        if (chunk >= 0 && chunk < chunks.count()) {
            neighbours.await(before, base + chunk + 1);
            try (TensorScope scope = TensorScope.open()) {
                work.accept(chunk);
            }
        }
    }

    /** Copies a chunk into this process's slot, once all have taken what it held. */
    private void copy(Chunks chunks, int chunk) {
        neighbours.await(Neighbours.TAKEN, base + chunk + 1 - SharedRegion.SLOTS);
        try (TensorScope scope = TensorScope.open()) {
            final Tensor own = region.slot(rank, base + chunk);
            for (Chunks.Piece piece : chunks.pieces(chunk)) {
                Chunks.place(own, piece).copy_(chunks.part(piece));
            }
        }
        region.write(Neighbours.COPIED, base + chunk + 1);
    }

    private long shareStart(int process, long floats) {
        return floats * process / size;
    }

    private void reduce(long slot, long floats) {
        final long from = shareStart(rank, floats);
        final long length = shareStart(rank + 1, floats) - from;
        final Tensor sum = scratch().narrow(0, 0, length);
        torch.add_out(
                sum,
                region.slot(0, slot).narrow(0, from, length),
                region.slot(1, slot).narrow(0, from, length));
        for (int process = 2; process < size; process++) {
            sum.add_(region.slot(process, slot).narrow(0, from, length));
        }
        region.slot(rank, slot).narrow(0, from, length).copy_(sum);
    }

    private Tensor scratch() {
        if (scratch == null) {
            scratch = torch.empty(new long[] {region.slotFloats() / size + 1});
            scratch.retainReference();
        }
        return scratch;
    }

    private void takeShares(Chunks chunks, int chunk) {
        final long floats = chunks.floats(chunk);
        for (Chunks.Piece piece : chunks.pieces(chunk)) {
            final Tensor part = chunks.part(piece);
            for (int process = 0; process < size; process++) {
                final long from = Math.max(piece.at(), shareStart(process, floats));
                final long length = Math.min(piece.end(), shareStart(process + 1, floats)) - from;
                if (length > 0) {
                    part.narrow(0, from - piece.at(), length)
                            .copy_(region.slot(process, base + chunk).narrow(0, from, length));
                }
            }
        }
    }

    private void takeFirst(Chunks chunks) {
        for (int chunk = 0; chunk < chunks.count(); chunk++) {
            if (rank == 0) {
                copy(chunks, chunk);
            } else {
                neighbours.await(0, Neighbours.COPIED, base + chunk + 1);
                try (TensorScope scope = TensorScope.open()) {
                    final Tensor first = region.slot(0, base + chunk);
                    for (Chunks.Piece piece : chunks.pieces(chunk)) {
                        chunks.part(piece).copy_(Chunks.place(first, piece));
                    }
                }
                region.write(Neighbours.TAKEN, base + chunk + 1);
            }
        }
    }

    private void finish(int chunks) {
        base += chunks;
        region.write(Neighbours.COPIED, base);
        region.write(Neighbours.REDUCED, base);
        region.write(Neighbours.TAKEN, base);
    }

    /** Tells the others that this process has left, and releases the memory. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        over = true;
        neighbours.leave();
        region.close();
        if (scratch != null) {
            scratch.releaseReference();
            scratch = null;
        }
    }
}
