package dev.finetune.internal.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.data.InParts;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
final class NcclStartTest {
    private static final Duration SHORT = Duration.ofSeconds(1);

    @TempDir
    private Path folder;

    /** Process 1 fails, or process 0, which alone is asked for what tells the processes from others. */
    @ParameterizedTest
    @EnumSource(
            value = FilesNccl.Fault.class,
            names = {"ABSENT", "OTHER_VERSION", "NO_ID", "NOT_BEGUN", "NOT_CONNECTED", "NEVER_CONNECTED"})
    void noneTakesPartWhereOneCannot(FilesNccl.Fault fault) throws Exception {
        final int faulty = fault == FilesNccl.Fault.NO_ID ? 0 : 1;
        final List<List<String>> asked = InParts.run(3, (rank, gather) -> {
            final FilesNccl library = new FilesNccl(folder, rank, rank == faulty ? fault : FilesNccl.Fault.NONE);
            assertThat(new NcclStart(library, rank, 3, SHORT, gather, () -> {}).connect())
                    .isEmpty();
            return library.asked();
        });
        final boolean begun = fault.name().endsWith("_CONNECTED");
        assertThat(asked.get(1)).isEqualTo(begun ? List.of("abort") : List.of());
        assertThat(asked.get(0))
                .isEqualTo(begun || fault == FilesNccl.Fault.NOT_BEGUN ? List.of("abort") : List.of())
                .isEqualTo(asked.get(2));
    }

    @Test
    void whoIsLostWhileAllConnectIsTold() throws Exception {
        InParts.run(2, (rank, gather) -> {
            final FilesNccl library = new FilesNccl(folder, rank, FilesNccl.Fault.NEVER_CONNECTED);
            final int[] rounds = {0};
            assertThatThrownBy(() -> new NcclStart(
                                    library,
                                    rank,
                                    2,
                                    Duration.ofSeconds(20),
                                    own -> {
                                        if (++rounds[0] > 5) {
                                            throw new FinetuneException("Process 2 was lost");
                                        }
                                        return gather.apply(own);
                                    },
                                    () -> {})
                            .connect())
                    .hasMessage("Process 2 was lost");
            assertThat(library.asked()).containsExactly("abort");
            return true;
        });
    }

    @Test
    void whyNotNamesProcessesAndWhatToDo() {
        final NcclPlace first = new NcclPlace(Optional.empty(), "2.29.3", "a", "0000:3b:00.0");
        final NcclPlace other = new NcclPlace(Optional.empty(), "2.29.3", "a", "0000:5e:00.0");
        final NcclPlace elsewhere = new NcclPlace(Optional.empty(), "2.29.3", "b", "0000:3b:00.0");
        assertThat(NcclPlace.whyNot(List.of(first, other, elsewhere))).isEmpty();
        assertThat(NcclPlace.whyNot(List.of(first, elsewhere, other, elsewhere)))
                .contains(
                        "processes 1 and 3 take the same GPU, 0000:3b:00.0: show each its own with CUDA_VISIBLE_DEVICES");
        assertThat(NcclPlace.whyNot(List.of(first, new NcclPlace(Optional.empty(), "2.27.7", "a", "0000:5e:00.0"))))
                .contains("process 0 has version 2.29.3 of it, and process 1 version 2.27.7: give all the same");
        final NcclPlace without = new NcclPlace(Optional.of("no \"libnccl\""), "", "", "");
        assertThat(NcclPlace.whyNot(List.of(first, without))).contains("process 1 can't: no \"libnccl\"");
        assertThat(NcclPlace.of(without.toString())).isEqualTo(without);
        assertThat(NcclPlace.of(first.toString())).isEqualTo(first);
    }

    @Test
    void aSumThatDoesNotComeThroughIsGivenUpAfterTheTimeout() {
        final FilesNccl library = new FilesNccl(folder, 0, FilesNccl.Fault.NONE);
        try (TensorScope scope = TensorScope.open();
                Nccl nccl = new Nccl(library, library.begin(library.uniqueId(), 0, 2), () -> {}, SHORT)) {
            final List<Tensor> tensors = List.of(Tensors.of(new float[3], 3));
            assertThatThrownBy(() -> nccl.sum(tensors))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessage("Tensors didn't come through within 1.0 s by NCCL, though no process is lost: is the"
                            + " connection between their GPUs up?");
            assertThat(library.asked()).containsExactly("sum", "abort", "given up");
            assertThatThrownBy(() -> nccl.broadcast(tensors)).hasMessageContaining("has failed before");
        }
        assertThat(library.asked()).endsWith("given up");
    }

    @Test
    void whoIsLostEndsASumAndAnInterruptionDoesNot() {
        final FilesNccl library = new FilesNccl(folder, 0, FilesNccl.Fault.NO_END);
        final AtomicBoolean seen = new AtomicBoolean();
        try (TensorScope scope = TensorScope.open();
                Nccl nccl = new Nccl(
                        library,
                        library.begin(library.uniqueId(), 0, 2),
                        () -> {
                            if (!Thread.currentThread().isInterrupted() && seen.get()) {
                                throw new FinetuneException("Process 1 was lost");
                            }
                            seen.set(true);
                        },
                        SHORT)) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> nccl.sum(List.of(Tensors.of(new float[3], 3))))
                    .hasMessage("Process 1 was lost");
            assertThat(Thread.interrupted()).isTrue();
            assertThat(library.asked()).containsExactly("sum", "abort");
        }
    }

    @Test
    void whereTheOthersDoNotTakeLeaveItIsGivenUp() {
        final FilesNccl library = new FilesNccl(folder, 0, FilesNccl.Fault.NEVER_CONNECTED);
        new Nccl(library, library.begin(library.uniqueId(), 0, 2), () -> {}, SHORT).close();
        assertThat(library.asked()).containsExactly("finish", "abort");
    }
}
