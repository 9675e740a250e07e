package dev.finetune.internal.distributed;

import dev.finetune.distributed.Processes;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.train.ProcessGroup;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** The processes that train together, met and connected. */
public final class Companions implements ProcessGroup, AutoCloseable {
    private final Processes self;
    private final Meeting meeting;
    private @Nullable Gloo gloo;
    private @Nullable Optional<SharedMemoryExchange> memory;

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
        exchange(tensors, SharedMemoryExchange::sum, Gloo::sum);
    }

    @Override
    public void broadcast(List<Tensor> tensors) {
        exchange(tensors, SharedMemoryExchange::broadcast, Gloo::broadcast);
    }

    private interface Exchange {
        void run(Gloo among, List<Tensor> pieces);
    }

    private interface Sharing {
        void run(SharedMemoryExchange among, List<Tensor> tensors);
    }

    private void exchange(List<Tensor> tensors, Sharing sharing, Exchange exchange) {
        if (self.worldSize() == 1) {
            return;
        }
        final Optional<SharedMemoryExchange> shared = memory();
        final Optional<Gloo> among = shared.isPresent() && SharedMemoryExchange.takes(tensors)
                ? Optional.empty()
                : Optional.of(connected());
        gather(new byte[0]); // All are ready, so that what takes long from here on is the transfer.
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            if (among.isPresent()) {
                final Buckets buckets = Buckets.of(tensors);
                exchange.run(among.get(), buckets.pieces());
                buckets.takeApart();
            } else {
                sharing.run(shared.orElseThrow(), tensors);
            }
        } catch (RuntimeException e) {
            throw meeting.orElse(
                    e instanceof FinetuneException told
                            ? told
                            : new FinetuneException("The processes could not exchange tensors: " + e.getMessage(), e));
        }
    }

    /** What the processes share, where all are on one machine; {@code -Ddev.finetune.sharedMemory=false} in all of them does without. */
    private Optional<SharedMemoryExchange> memory() {
        if (memory == null) {
            memory = "false".equals(System.getProperty("dev.finetune.sharedMemory"))
                    ? Optional.empty()
                    : SharedMemoryExchange.join(
                            self.rank(), self.worldSize(), this::gather, meeting::check, self.timeout());
        }
        return memory;
    }

    private Gloo connected() {
        if (gloo == null) {
            gloo = Gloo.connect(
                    self.rank(),
                    self.worldSize(),
                    self.ownAddress().orElseGet(() -> meeting.ownAddress().getHostAddress()),
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
        if (memory != null) {
            memory.ifPresent(SharedMemoryExchange::close);
        }
        if (gloo != null) {
            gloo.close();
        }
        meeting.close();
    }
}
