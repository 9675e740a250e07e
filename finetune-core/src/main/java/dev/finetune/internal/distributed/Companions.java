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
    private static final byte[] YES = {1};
    private static final byte[] NO = {0};

    private final Processes self;
    private final Meeting meeting;
    private @Nullable Optional<SharedMemoryExchange> memory;
    private @Nullable Gloo gloo;
    private boolean closed;

    private Companions(Processes self, Meeting meeting) {
        this.self = self;
        this.meeting = meeting;
    }

    /**
     * Waits until all processes are there.
     *
     * @throws FinetuneException if they don't come in time, or don't belong together
     */
    public static Companions join(Processes self) {
        return new Companions(self, Meeting.of(self));
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
        exchange(tensors, self.haveCompressedGradients(), SharedMemoryExchange::sum, Gloo::sum);
    }

    @Override
    public void broadcast(List<Tensor> tensors) {
        exchange(tensors, false, SharedMemoryExchange::broadcast, Gloo::broadcast);
    }

    /** Through memory where all processes are on one machine, as long as it takes the tensors; else through Gloo. */
    private void exchange(
            List<Tensor> tensors,
            boolean compressed,
            BiConsumer<SharedMemoryExchange, List<Tensor>> inMemory,
            BiConsumer<Gloo, List<Tensor>> overNetwork) {
        if (self.worldSize() == 1 || tensors.isEmpty()) {
            return;
        }
        told(() -> {
            // All are ready then, so that what takes long from there on is the transfer.
            final boolean allInMemory = gather(SharedMemoryExchange.takes(tensors) ? YES : NO).stream()
                    .allMatch(said -> Arrays.equals(said, YES));
            final Optional<SharedMemoryExchange> shared = allInMemory ? shared() : Optional.empty();
            if (shared.isPresent()) {
                inMemory.accept(shared.get(), tensors);
            } else {
                final Gloo among = connected();
                overNetwork(tensors, compressed, pieces -> overNetwork.accept(among, pieces));
            }
            return true;
        });
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

    private static void overNetwork(List<Tensor> tensors, boolean compressed, Consumer<List<Tensor>> exchange) {
        try (Buckets buckets = Buckets.of(tensors, compressed)) {
            exchange.accept(buckets.pieces());
            buckets.takeApart();
        }
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
        final Buckets buckets = Buckets.of(tensors, self.haveCompressedGradients());
        boolean begun = false;
        try {
            final Gloo.UnderWay works = told(() -> connected().beginSums(buckets.pieces()));
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

    private Gloo connected() {
        if (gloo == null) {
            LOG.info("Process {} of {}: tensors travel through Gloo", self.rank(), self.worldSize());
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
        if (gloo != null) {
            gloo.close();
        }
        meeting.close();
    }
}
