package dev.finetune.internal.distributed;

import dev.finetune.distributed.Processes;
import dev.finetune.error.FinetuneException;
import dev.finetune.train.ProcessGroup;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The processes that train together, met and connected. */
public final class Companions implements ProcessGroup, AutoCloseable {
    /** A system property, the same in all processes: false has tensors go through Gloo on one machine, too. */
    private static final String SHARED_MEMORY = "dev.finetune.sharedMemory";

    /** A system property, the same in all processes: {@link #earlySum} through Gloo. */
    private static final String EARLY_SUM = "dev.finetune.earlySum";

    /** 4 MB of them. */
    private static final long WORTH_A_SUM = 1 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(Processes.class);
    /** Where tensors are that are to be exchanged. */
    private static final byte[] ELSEWHERE = {0};

    private static final byte[] IN_MEMORY = {1};
    private static final byte[] ON_GPU = {2};

    private final Processes self;
    private final Meeting meeting;
    private final NcclLibrary library;
    private @Nullable Optional<SharedMemoryExchange> memory;
    private @Nullable Optional<Nccl> nccl;
    private @Nullable Gloo gloo;
    private boolean toldOfGpus;
    private boolean closed;

    private Companions(Processes self, Meeting meeting, NcclLibrary library) {
        this.self = self;
        this.meeting = meeting;
        this.library = library;
    }

    /**
     * Waits until all processes are there.
     *
     * @throws FinetuneException if they don't come in time, or don't belong together
     */
    public static Companions join(Processes self) {
        return join(self, new NcclBindings());
    }

    /** The same with another library for GPUs. */
    static Companions join(Processes self, NcclLibrary library) {
        return new Companions(self, Meeting.of(self), library);
    }

    /** Meets the others to tell them that this process can't take part; waits for them as long as for a fit. */
    public static void decline(Processes self, Throwable why) {
        if (self.worldSize() == 1) {
            return;
        }
        LOG.warn("Process {} can't take part, and waits for the others to tell them", self.rank(), why);
        try (Companions others = join(self)) {
            others.fail(why);
        } catch (FinetuneException e) {
            LOG.debug("They couldn't be told", e);
        }
    }

    @Override
    public int rank() {
        return self.rank();
    }

    @Override
    public int size() {
        return self.worldSize();
    }

    @Override
    public List<byte[]> gather(byte[] own) {
        return self.worldSize() == 1 ? List.of(own) : meeting.gather(own);
    }

    @Override
    public void sum(List<Tensor> tensors) {
        exchange(tensors, self.haveCompressedGradients(), Exchange::sum);
    }

    @Override
    public void broadcast(List<Tensor> tensors) {
        exchange(tensors, false, Exchange::broadcast);
    }

    /**
     * Through NCCL where that is wanted, there, and all tensors are on GPUs; through memory where all processes are on one machine, and it
     * takes the tensors; else through Gloo.
     */
    private void exchange(List<Tensor> tensors, boolean compressed, BiConsumer<Exchange, List<Tensor>> way) {
        if (self.worldSize() == 1 || tensors.isEmpty()) {
            return;
        }
        told(() -> {
            // All are ready then, so that what takes long from there on is the transfer.
            final List<byte[]> places = gather(place(tensors));
            tellWithoutNccl(places);
            if (areAll(places, ON_GPU) && nccl().isPresent()) {
                inBuckets(tensors, compressed, true, pieces -> way.accept(nccl().orElseThrow(), pieces));
            } else if (areAll(places, IN_MEMORY) && shared().isPresent()) {
                way.accept(shared().orElseThrow(), tensors);
            } else {
                final Gloo among = connected(tensors);
                inBuckets(tensors, compressed, false, pieces -> way.accept(among, pieces));
            }
            return true;
        });
    }

    private byte[] place(List<Tensor> tensors) {
        if (self.exchangeByNccl() && library.takes(tensors)) {
            if (nccl != null) {
                nccl.ifPresent(Nccl::awaitComputed);
            }
            return ON_GPU;
        }
        return SharedMemoryExchange.takes(tensors) ? IN_MEMORY : ELSEWHERE;
    }

    private void tellWithoutNccl(List<byte[]> places) {
        if (toldOfGpus || !self.exchangeByNccl() || areAll(places, ON_GPU)) {
            return;
        }
        toldOfGpus = true;
        LOG.info(
                "Process {} of {}: what isn't on a GPU in all processes doesn't travel through NCCL: not so in {}",
                self.rank(),
                self.worldSize(),
                IntStream.range(0, places.size())
                        .filter(rank -> !Arrays.equals(places.get(rank), ON_GPU))
                        .boxed()
                        .toList());
    }

    private static boolean areAll(List<byte[]> places, byte[] place) {
        return places.stream().allMatch(said -> Arrays.equals(said, place));
    }

    private Optional<Nccl> nccl() {
        if (nccl == null) {
            nccl = new NcclStart(library, self.rank(), self.worldSize(), self.timeout(), this::gather, meeting::check)
                    .connect();
        }
        return nccl;
    }

    private static void inBuckets(
            List<Tensor> tensors, boolean compressed, boolean stay, Consumer<List<Tensor>> exchange) {
        try (Buckets buckets = Buckets.of(tensors, compressed, stay)) {
            exchange.accept(buckets.pieces());
            buckets.takeApart();
        }
    }

    private Optional<SharedMemoryExchange> shared() {
        if (memory == null) {
            memory = Boolean.parseBoolean(System.getProperty(SHARED_MEMORY, "true"))
                    ? SharedMemoryExchange.join(
                            self.rank(), self.worldSize(), this::gather, meeting::check, self.timeout())
                    : Optional.empty();
        }
        return memory;
    }

    /** Through Gloo; what goes through memory has no thread of its own. */
    @Override
    public long earlySum() {
        if (self.worldSize() == 1) {
            return 0;
        }
        return told(() -> shared().isEmpty() ? Long.getLong(EARLY_SUM, WORTH_A_SUM) : 0);
    }

    @Override
    public Sum begin(List<Tensor> tensors) {
        final Buckets buckets = Buckets.of(tensors, self.haveCompressedGradients(), false);
        boolean begun = false;
        try {
            final Gloo.UnderWay works = told(() -> connected(tensors).beginSums(buckets.pieces()));
            begun = true;
            return new Sum() {
                @Override
                public void await() {
                    told(() -> {
                        works.await(meeting::check, self.timeout());
                        buckets.takeApart();
                        return true;
                    });
                }

                @Override
                public void close() {
                    works.close();
                    buckets.close();
                }
            };
        } finally {
            if (!begun) {
                buckets.close();
            }
        }
    }

    /** Throws what happened to the others, if that is why it throws. */
    private <T> T told(Supplier<T> exchange) {
        try {
            return exchange.get();
        } catch (FinetuneException e) {
            throw meeting.orElse(e);
        } catch (RuntimeException e) {
            throw meeting.orElse(
                    new FinetuneException("The processes could not exchange tensors: " + e.getMessage(), e));
        }
    }

    private Gloo connected(List<Tensor> tensors) {
        if (gloo == null) {
            LOG.info(
                    "Process {} of {}: tensors travel through Gloo{}",
                    self.rank(),
                    self.worldSize(),
                    !self.exchangeByNccl() && library.takes(tensors)
                            ? ", those on GPUs by way of main memory, as Processes.nccl() isn't said"
                            : "");
            gloo = Gloo.connect(
                    self.rank(),
                    self.worldSize(),
                    OwnAddress.agree(
                            self.rank(), self.ownAddress(), meeting.ownAddress(), self.timeout(), this::gather),
                    self.timeout(),
                    this::gather);
        }
        return gloo;
    }

    /**
     * Tells the others that this process gives up.
     *
     * @param why what was thrown
     */
    public void fail(Throwable why) {
        meeting.fail(why);
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (memory != null) {
            memory.ifPresent(SharedMemoryExchange::close);
        }
        if (nccl != null) {
            nccl.ifPresent(Nccl::close);
        }
        if (gloo != null) {
            gloo.close();
        }
        meeting.close();
    }
}
