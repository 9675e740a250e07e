package dev.finetune.internal.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.distributed.KeptPort;
import dev.finetune.internal.torch.TensorScope;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes of their own, with a stand-in for NCCL. */
@Timeout(120)
final class NcclProcessesTest {
    private final List<Process> processes = new ArrayList<>();
    private final KeptPort port = KeptPort.any();

    @TempDir
    private Path folder;

    @AfterEach
    void end() {
        processes.forEach(Process::destroyForcibly);
        port.close();
    }

    @Test
    void theSumsOfAllAreTheSameToTheBitAndAllTakeLeave() throws Exception {
        start(FilesNccl.Fault.NONE, FilesNccl.Fault.NONE, FilesNccl.Fault.NONE);
        final List<String> expected = new ArrayList<>(sums(3));
        expected.add("asked: broadcast sum sum sum finish destroy");
        for (int rank = 0; rank < 3; rank++) {
            assertThat(processes.get(rank).waitFor()).isZero();
            assertThat(said(rank)).isEqualTo(expected);
            assertThat(log(rank)).doesNotContain("Gloo");
        }
    }

    @Test
    void whereOneIsNotConnectedAllGiveUpAndGoThroughGloo() throws Exception {
        start(FilesNccl.Fault.NONE, FilesNccl.Fault.NOT_CONNECTED);
        final List<String> expected = new ArrayList<>(sums(2));
        expected.add("asked: abort");
        for (int rank = 0; rank < 2; rank++) {
            assertThat(processes.get(rank).waitFor()).isZero();
            assertThat(said(rank)).isEqualTo(expected);
            assertThat(log(rank))
                    .containsOnlyOnce("warning: Process " + rank
                            + " of 2: tensors on GPUs are copied to main memory and"
                            + " travel through Gloo, not through NCCL: process 1 isn't connected: " + FilesNccl.WHY);
        }
    }

    @Test
    void aProcessThatIsKilledWhileOthersSumWithItIsNamedByAll() throws Exception {
        start(FilesNccl.Fault.NONE, FilesNccl.Fault.HALTS_IN_SECOND_SUM, FilesNccl.Fault.NONE);
        assertThat(processes.get(1).waitFor()).isEqualTo(3);
        for (int rank : new int[] {0, 2}) {
            assertThat(processes.get(rank).waitFor(15, TimeUnit.SECONDS)).isTrue();
            final List<String> said = said(rank);
            assertThat(said.subList(0, 2)).isEqualTo(sums(3).subList(0, 2));
            assertThat(said.get(2)).startsWith("ended with: Process 1 was lost: ");
            assertThat(said.subList(3, said.size())).containsExactly("asked: broadcast sum sum abort given up");
        }
    }

    @Test
    void whatGoesWrongInASumEndsAll() throws Exception {
        start(FilesNccl.Fault.NONE, FilesNccl.Fault.FAILS_IN_SECOND_SUM);
        for (int rank = 0; rank < 2; rank++) {
            assertThat(processes.get(rank).waitFor()).isZero();
        }
        assertThat(said(1)).contains("ended with: " + FilesNccl.WHY).anyMatch(line -> line.contains(" abort"));
        assertThat(said(0)).contains("ended with: Process 1 failed: " + FilesNccl.WHY);
    }

    private void start(FilesNccl.Fault... faults) throws IOException {
        for (int rank = 0; rank < faults.length; rank++) {
            final ProcessBuilder builder = new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx256m",
                    "-Ddev.finetune.threads=1",
                    "-cp",
                    System.getProperty("java.class.path"),
                    NcclPeer.class.getName(),
                    folder.toString(),
                    faults[rank].name());
            builder.environment().put("RANK", Integer.toString(rank));
            builder.environment().put("WORLD_SIZE", Integer.toString(faults.length));
            builder.environment().put("MASTER_ADDR", "127.0.0.1");
            builder.environment().put("MASTER_PORT", Integer.toString(port.number()));
            builder.environment().remove("GLOO_SOCKET_IFNAME");
            processes.add(builder.redirectErrorStream(true)
                    .redirectOutput(folder.resolve("out-" + rank).toFile())
                    .start());
        }
    }

    private static List<String> sums(int size) {
        final List<String> sums = new ArrayList<>();
        try (TensorScope scope = TensorScope.open()) {
            sums.add("first " + SharedMemoryPeer.hash(NcclPeer.some(SharedMemoryPeer.tensors(0, NcclPeer.ROUNDS))));
            for (int round = 0; round < NcclPeer.ROUNDS; round++) {
                sums.add("sum " + SharedMemoryPeer.hash(NcclPeer.some(SharedMemoryPeer.expected(size, round))));
            }
        }
        return sums;
    }

    private String log(int rank) throws IOException {
        return Files.readString(folder.resolve("out-" + rank), StandardCharsets.UTF_8);
    }

    /** Without what the JVM and the logger say. */
    private List<String> said(int rank) throws IOException {
        try (Stream<String> lines = Files.lines(folder.resolve("out-" + rank), StandardCharsets.UTF_8)) {
            return lines.filter(line -> Stream.of("first ", "sum ", "ended with: ", "asked: ", "Exception")
                            .anyMatch(line::startsWith))
                    .toList();
        }
    }
}
