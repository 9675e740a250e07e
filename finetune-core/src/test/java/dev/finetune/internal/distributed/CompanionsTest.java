package dev.finetune.internal.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.distributed.KeptPort;
import dev.finetune.distributed.Processes;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes as threads. */
@Timeout(60)
class CompanionsTest {
    private final KeptPort port = KeptPort.any();

    @AfterEach
    void giveBack() {
        port.close();
    }

    private static final int LARGE = 1 << 18;

    private static Processes one(int rank, int port) {
        return Processes.of(rank, 2, "127.0.0.1", port)
                .timeout(Duration.ofSeconds(20))
                .startTimeout(Duration.ofSeconds(20));
    }

    private static void exchange(Processes self, long[] rows) {
        final float[] moments = new float[LARGE];
        moments[LARGE - 1] = self.rank() + 1;
        try (Companions met = Companions.join(self);
                TensorScope scope = TensorScope.open()) {
            final Tensor large = Tensors.of(moments, LARGE);
            final Tensor which = self.rank() == 0 ? Tensors.of(rows, rows.length) : Tensors.of(new long[2], 2);
            final Tensor step = Tensors.of(new float[] {7 + self.rank()}, 1).squeeze();
            met.broadcast(List.of(large, which, step));
            assertThat(Tensors.floats(large)[LARGE - 1]).isEqualTo(1);
            assertThat(Tensors.longs(which)).isEqualTo(rows);
            assertThat(Tensors.scalar(step)).isEqualTo(7);
        }
    }

    /** As of what an optimizer remembers of some rows of a table: their numbers are told with what is remembered. */
    @Test
    void wholeNumbersThatNoFloatHoldsAreBroadcastAmongFloats() throws Exception {
        final long[] rows = {(1 << 24) + 1, 3};
        final CompletableFuture<Void> other = CompletableFuture.runAsync(() -> exchange(one(1, port.number()), rows));
        exchange(one(0, port.number()), rows);
        other.get(30, TimeUnit.SECONDS);
    }

    /** One of two has its tensors elsewhere: nobody waits for it in NCCL, nor in memory that it doesn't come to. */
    @Test
    void whereNotAllTensorsAreOnGpusAllGoThroughGloo(@TempDir Path folder) throws Exception {
        final CompletableFuture<List<String>> other = CompletableFuture.supplyAsync(
                () -> summed(one(1, port.number()).nccl(), new FilesNccl(folder, 1, FilesNccl.Fault.OTHER_PLACE)));
        assertThat(summed(one(0, port.number()).nccl(), new FilesNccl(folder, 0, FilesNccl.Fault.NONE)))
                .isEmpty();
        assertThat(other.get(30, TimeUnit.SECONDS)).isEmpty();
    }

    @Test
    void whoIsNotToldOfNcclDoesNotAskForIt(@TempDir Path folder) throws Exception {
        final CompletableFuture<List<String>> other = CompletableFuture.supplyAsync(
                () -> summed(one(1, port.number()), new FilesNccl(folder, 1, FilesNccl.Fault.NONE)));
        assertThat(summed(one(0, port.number()), new FilesNccl(folder, 0, FilesNccl.Fault.NONE)))
                .isEmpty();
        assertThat(other.get(30, TimeUnit.SECONDS)).isEmpty();
    }

    private static List<String> summed(Processes self, FilesNccl library) {
        try (Companions met = Companions.join(self, library);
                TensorScope scope = TensorScope.open()) {
            final Tensor tensor = Tensors.of(new float[] {1, self.rank()}, 2);
            met.sum(List.of(tensor));
            assertThat(Tensors.floats(tensor)).containsExactly(2, 1);
        }
        return library.asked();
    }
}
