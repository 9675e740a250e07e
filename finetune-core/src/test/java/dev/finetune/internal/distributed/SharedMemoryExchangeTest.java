package dev.finetune.internal.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.finetune.data.InParts;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
final class SharedMemoryExchangeTest {
    private static final Path MEMORY = Path.of("/dev/shm");

    @BeforeEach
    void memoryCanBeShared() {
        assumeThat(MEMORY).isDirectory();
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void processesHaveTheSumInTheOrderOfRanksToTheBit(int size, @TempDir Path folder) throws Exception {
        final List<Process> processes = start(size, folder, -1);
        final StringBuilder expected = new StringBuilder();
        for (int round = 0; round < 3; round++) {
            try (TensorScope scope = TensorScope.open()) {
                expected.append("sum ")
                        .append(SharedMemoryPeer.hash(SharedMemoryPeer.expected(size, round)))
                        .append('\n');
            }
        }
        for (int rank = 0; rank < size; rank++) {
            assertThat(processes.get(rank).waitFor()).isZero();
            assertThat(output(folder, rank)).isEqualTo(expected.toString());
        }
    }

    @Test
    void aProcessThatEndedIsNamedBeforeLong(@TempDir Path folder) throws Exception {
        final List<Process> processes = start(2, folder, 1);
        assertThat(processes.get(1).waitFor()).isEqualTo(3);
        assertThat(processes.get(0).waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(output(folder, 0))
                .contains("Process 1 of 2 on this machine (pid "
                        + processes.get(1).pid() + ") ended");
    }

    private static List<Process> start(int size, Path folder, int halting) throws Exception {
        final List<Process> processes = new ArrayList<>();
        for (int rank = 0; rank < size; rank++) {
            processes.add(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx256m",
                            "-Ddev.finetune.threads=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            SharedMemoryPeer.class.getName(),
                            Integer.toString(rank),
                            Integer.toString(size),
                            folder.toString(),
                            rank == halting ? "halt" : "stay")
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("out-" + rank).toFile())
                    .start());
        }
        return processes;
    }

    /** Without what the JVM and the logger say. */
    private static String output(Path folder, int rank) throws Exception {
        try (Stream<String> lines = Files.lines(folder.resolve("out-" + rank), StandardCharsets.UTF_8)) {
            final List<String> ours = lines.filter(line -> line.startsWith("sum ") || line.contains("Exception"))
                    .toList();
            return String.join("\n", ours) + "\n";
        }
    }

    @Test
    void fourHaveTheSameSumAgainAndAgainWhateverTheShapes() throws Exception {
        among(4, (rank, exchange) -> {
            for (int round = 0; round < 5; round++) {
                try (TensorScope scope = TensorScope.open()) {
                    final List<Tensor> tensors =
                            SharedMemoryPeer.tensors(rank, round).subList(round, 6);
                    exchange.sum(tensors);
                    assertThat(SharedMemoryPeer.hash(tensors))
                            .isEqualTo(SharedMemoryPeer.hash(
                                    SharedMemoryPeer.expected(4, round).subList(round, 6)));
                }
            }
            return null;
        });
    }

    @Test
    void aTensorThatDoesNotLieInOnePieceIsSummedWhereItIs() throws Exception {
        among(2, (rank, exchange) -> {
            try (TensorScope scope = TensorScope.open()) {
                final Tensor whole = Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
                exchange.sum(List.of(whole.t().narrow(0, 1, 2)));
                assertThat(Tensors.floats(whole)).containsExactly(1, 4, 6, 4, 10, 12);
            }
            return null;
        });
    }

    @Test
    void parametersBecomeThoseOfTheFirst() throws Exception {
        among(3, (rank, exchange) -> {
            try (TensorScope scope = TensorScope.open()) {
                final List<Tensor> tensors = SharedMemoryPeer.tensors(rank, 0);
                tensors.forEach(tensor -> tensor.requires_grad_(true));
                exchange.broadcast(tensors);
                assertThat(SharedMemoryPeer.hash(tensors))
                        .isEqualTo(SharedMemoryPeer.hash(SharedMemoryPeer.tensors(0, 0)));
                exchange.sum(List.of());
                final Tensor one = Tensors.of(new float[] {rank}, 1);
                exchange.sum(List.of(one));
                assertThat(Tensors.floats(one)).containsExactly(3);
            }
            return null;
        });
    }

    @Test
    void whoComesWithOtherTensorsIsTold() throws Exception {
        among(2, (rank, exchange) -> {
            try (TensorScope scope = TensorScope.open()) {
                final Tensor tensor = Tensors.of(new float[5 + rank], 5 + rank);
                assertThatThrownBy(() -> exchange.sum(List.of(tensor)))
                        .isInstanceOf(FinetuneException.class)
                        .hasMessageStartingWith("Process " + rank + " comes to the sum of 1 tensors with " + (5 + rank)
                                + " numbers, process " + (1 - rank) + " to the sum of 1 tensors with " + (6 - rank)
                                + " numbers: ");
                assertThatThrownBy(() -> exchange.sum(List.of(tensor))).isInstanceOf(IllegalStateException.class);
            }
            return null;
        });
    }

    @Test
    void whoLeavesIsNotWaitedFor() throws Exception {
        among(2, (rank, exchange) -> {
            if (rank == 1) {
                exchange.close();
                return null;
            }
            try (TensorScope scope = TensorScope.open()) {
                final Tensor tensor = Tensors.of(new float[5], 5);
                assertThatThrownBy(() -> exchange.sum(List.of(tensor)))
                        .isInstanceOf(FinetuneException.class)
                        .hasMessageStartingWith("Process 1 of 2 on this machine has left");
            }
            return null;
        });
    }

    @Test
    void whoLivesButDoesNotComeIsWaitedForAsLongAsWasSaid() throws Exception {
        final CyclicBarrier end = new CyclicBarrier(2);
        among(2, (rank, exchange) -> {
            if (rank == 0) {
                try (TensorScope scope = TensorScope.open()) {
                    final Tensor tensor = Tensors.of(new float[5], 5);
                    assertThatThrownBy(() -> exchange.sum(List.of(tensor)))
                            .isInstanceOf(FinetuneException.class)
                            .hasMessageContaining("has exchanged nothing for 2.0 s, though it hasn't ended");
                }
            }
            end.await();
            return null;
        });
    }

    @Test
    void noneSharesMemoryWhereOneCannot() throws Exception {
        InParts.run(2, (rank, gather) -> {
            assertThat(SharedMemoryExchange.join(
                            rank,
                            2,
                            own -> {
                                final List<byte[]> all = gather.apply(own);
                                return rank == 1 && all.get(0).length > 1
                                        ? List.of(
                                                (Whereabouts.own() + "\n/dev/shm/elsewhere")
                                                        .getBytes(StandardCharsets.UTF_8),
                                                all.get(1))
                                        : all;
                            },
                            () -> {},
                            Duration.ofSeconds(2)))
                    .isEmpty();
            return null;
        });
    }

    @Test
    void theFileIsItsOwnersAloneAndGoneOnceAllHaveMappedIt(@TempDir Path folder) throws Exception {
        final Path file = SharedRegion.create(folder, 2).orElseThrow();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        final List<String> names = new ArrayList<>();
        InParts.run(2, (rank, gather) -> {
            try (SharedMemoryExchange exchange = SharedMemoryExchange.join(
                            rank,
                            2,
                            own -> {
                                final List<byte[]> all = gather.apply(own);
                                if (rank == 0 && names.isEmpty()) {
                                    names.add(new String(all.get(0), StandardCharsets.UTF_8).split("\n")[1]);
                                }
                                return all;
                            },
                            () -> {},
                            Duration.ofSeconds(2))
                    .orElseThrow()) {
                assertThat(gather.apply(new byte[0])).hasSize(2);
                assertThat(exchange).isNotNull();
                if (rank == 0) {
                    assertThat(names).singleElement().asString().startsWith("/dev/shm/finetune-");
                    assertThat(Path.of(names.get(0))).doesNotExist();
                }
            }
            return null;
        });
    }

    private interface Member {
        Object run(int rank, SharedMemoryExchange exchange) throws Exception;
    }

    /** Several in threads of this process, each of which has mapped the memory for itself. */
    private static void among(int size, Member member) throws Exception {
        InParts.run(size, (rank, gather) -> {
            try (PointerScope scope = new PointerScope();
                    SharedMemoryExchange exchange = SharedMemoryExchange.join(
                                    rank, size, gather::apply, () -> {}, Duration.ofSeconds(2))
                            .orElseThrow()) {
                return member.run(rank, exchange);
            }
        });
    }
}
