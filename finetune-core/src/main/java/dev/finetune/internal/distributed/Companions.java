package dev.finetune.internal.distributed;

import dev.finetune.distributed.Processes;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.train.ProcessGroup;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** The processes that train together, met and connected. */
public final class Companions implements ProcessGroup, AutoCloseable {
    private static final byte[] NOTHING = new byte[0];

    private final Processes self;
    private final Meeting meeting;
    private @Nullable Optional<SharedMemoryExchange> memory;
    private @Nullable Gloo gloo;

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

    /** Through memory where all processes are on one machine, as long as it takes the tensors; else through Gloo. */
    private void exchange(
            List<Tensor> tensors,
            BiConsumer<SharedMemoryExchange, List<Tensor>> inMemory,
            BiConsumer<Gloo, List<Tensor>> overNetwork) {
        if (self.worldSize() == 1 || tensors.isEmpty()) {
            return;
        }
        if (memory == null) {
            memory = SharedMemoryExchange.join(
                    self.rank(), self.worldSize(), this::gather, meeting::check, self.timeout());
        }
        try {
            if (memory.isPresent() && SharedMemoryExchange.takes(tensors)) {
                gather(NOTHING); // All are ready, so that what takes long from here on is the transfer.
                inMemory.accept(memory.get(), tensors);
            } else {
                final Gloo among = connected();
                gather(NOTHING);
                overNetwork(tensors, pieces -> overNetwork.accept(among, pieces));
            }
        } catch (FinetuneException e) {
            throw meeting.orElse(e);
        } catch (RuntimeException e) {
            throw meeting.orElse(
                    new FinetuneException("The processes could not exchange tensors: " + e.getMessage(), e));
        }
    }

    private static void overNetwork(List<Tensor> tensors, Consumer<List<Tensor>> exchange) {
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            final Buckets buckets = Buckets.of(tensors);
            exchange.accept(buckets.pieces());
            buckets.takeApart();
        }
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
