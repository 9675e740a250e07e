package dev.finetune.internal.distributed;

import dev.finetune.distributed.Processes;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.train.ProcessGroup;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** The processes that train together, met and connected. */
public final class Companions implements ProcessGroup, AutoCloseable {
    private final Processes self;
    private final Meeting meeting;
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
        exchange(tensors, Gloo::sum);
    }

    @Override
    public void broadcast(List<Tensor> tensors) {
        exchange(tensors, Gloo::broadcast);
    }

    private interface Exchange {
        void run(Gloo among, List<Tensor> pieces);
    }

    private void exchange(List<Tensor> tensors, Exchange exchange) {
        if (self.worldSize() == 1) {
            return;
        }
        final Gloo among = connected();
        gather(new byte[0]); // All are ready, so that what takes long from here on is the transfer.
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            final Buckets buckets = Buckets.of(tensors);
            exchange.run(among, buckets.pieces());
            buckets.takeApart();
        } catch (FinetuneException e) {
            throw e;
        } catch (RuntimeException e) {
            throw meeting.orElse(new FinetuneException(
                    "The processes could not exchange tensors: " + e.getMessage(), e));
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
        if (gloo != null) {
            gloo.close();
        }
        meeting.close();
    }
}
