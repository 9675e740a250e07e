package dev.finetune.internal.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.finetune.distributed.KeptPort;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes of one machine, which meet at a port that is kept for them, and to each of which names of hosts mean what they would on another one. */
@Timeout(120)
class MachinesTest {
    @TempDir
    private Path folder;

    private final KeptPort port = KeptPort.any();
    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void giveBack() {
        port.close();
    }

    private Path hosts(int rank) {
        return folder.resolve("hosts-" + rank);
    }

    /** Names mean to it what the lines say. */
    private void start(int size, String address, int patience, Map<String, String> more, String... hosts)
            throws IOException {
        final int rank = processes.size();
        Files.write(hosts(rank), List.of(hosts));
        final ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-Ddev.finetune.threads=1",
                        "-Ddev.finetune.sharedMemory=false",
                        "-Dsun.net.inetaddr.negative.ttl=0",
                        "-Djdk.net.hosts.file=" + hosts(rank),
                        "-cp",
                        System.getProperty("java.class.path"),
                        MachinePeer.class.getName(),
                        Integer.toString(patience))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("out-" + rank).toFile());
        builder.environment()
                .putAll(Map.of(
                        "RANK",
                        Integer.toString(rank),
                        "WORLD_SIZE",
                        Integer.toString(size),
                        "MASTER_ADDR",
                        address,
                        "MASTER_PORT",
                        Integer.toString(port.number())));
        builder.environment().putAll(more);
        processes.add(builder.start());
    }

    private List<String> said() throws IOException, InterruptedException {
        final List<String> said = new ArrayList<>();
        for (int rank = 0; rank < processes.size(); rank++) {
            processes.get(rank).waitFor();
            final List<String> lines = Files.readAllLines(folder.resolve("out-" + rank));
            said.add(lines.stream()
                    .filter(line -> line.startsWith("sum ") || line.startsWith("ended with: "))
                    .findFirst()
                    .orElse(lines.toString()));
        }
        return said;
    }

    /** An address by which other machines would reach this one. */
    private static String outside() throws IOException {
        final Optional<String> found = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(each -> each instanceof Inet4Address && !each.isLoopbackAddress())
                .map(InetAddress::getHostAddress)
                .findFirst();
        assumeTrue(found.isPresent(), "a network");
        return found.get();
    }

    /** As Debian has it; process 1 is on the same machine, and process 2 on another one. */
    @Test
    void aHostToWhichItsOwnNameMeansLoopbackIsReachedByOthers() throws Exception {
        final String outside = outside();
        start(3, "node-0", 40, Map.of(), "127.0.1.1 node-0");
        start(3, "node-0", 40, Map.of(), "127.0.1.1 node-0");
        start(3, "node-0", 40, Map.of(), outside + " node-0");
        assertThat(said()).containsExactly("sum 7.0", "sum 7.0", "sum 7.0");
    }

    @Test
    void ofSeveralAddressesThatAHostHasTheOneIsTakenByWhichItIsReached() throws Exception {
        start(2, "127.0.0.2", 40, Map.of());
        start(2, "node-0", 40, Map.of(), "127.0.0.9 node-0", "127.0.0.2 node-0");
        assertThat(said()).containsExactly("sum 3.0", "sum 3.0");
    }

    @Test
    void aNameThatIsKnownAWhileAfterTheStartIsWaitedForByAll() throws Exception {
        start(2, "node-0", 40, Map.of(), "127.0.0.1 localhost");
        start(2, "node-0", 40, Map.of(), "127.0.0.1 localhost");
        Thread.sleep(3000);
        assertThat(processes).allMatch(Process::isAlive);
        Files.write(hosts(0), List.of("127.0.0.1 node-0"));
        Files.write(hosts(1), List.of("127.0.0.1 node-0"));
        assertThat(said()).containsExactly("sum 3.0", "sum 3.0");
    }

    @Test
    void aNameThatStaysUnknownIsToldByAll() throws Exception {
        start(2, "node-0", 1, Map.of(), "127.0.0.1 localhost");
        start(2, "node-0", 1, Map.of(), "127.0.0.1 localhost");
        final List<String> said = said();
        assertThat(said.get(0)).startsWith("ended with: The address of process 0, node-0, can't be found, after 1 s");
        assertThat(said.get(1))
                .startsWith("ended with: Process 1 has tried for 1 s to reach process 0 at node-0:" + port.number()
                        + ", a name that can't be found here");
    }

    @Test
    void allThatWaitForSomeSecondsSayOnTheConsoleForWhom() throws Exception {
        start(3, "127.0.0.1", 60, Map.of());
        start(3, "127.0.0.1", 60, Map.of());
        for (int rank = 0; rank < 2; rank++) {
            awaitLine(rank, "warning: Process 0 has waited for \\d+ s for process 2 at 127.0.0.1:" + port.number());
        }
        start(3, "127.0.0.1", 60, Map.of());
        assertThat(said()).containsExactly("sum 7.0", "sum 7.0", "sum 7.0");
    }

    @Test
    void whoComesBeforeProcessZeroSaysOnTheConsoleThatItWaitsForIt() throws Exception {
        start(2, "127.0.0.9", 1, Map.of()); // Is told another place, and gives up at once.
        start(2, "127.0.0.1", 60, Map.of());
        awaitLine(
                1,
                "warning: Process 1 has waited for \\d+ s for process 0 at 127.0.0.1:" + port.number()
                        + " \\(java.net.ConnectException: .*");
        processes.get(1).destroy();
    }

    private void awaitLine(int rank, String pattern) throws IOException, InterruptedException {
        while (Files.readAllLines(folder.resolve("out-" + rank)).stream().noneMatch(line -> line.matches(pattern))) {
            assertThat(processes.get(rank).isAlive()).isTrue();
            Thread.sleep(100);
        }
    }

    @Test
    void tensorsTravelByTheInterfaceThatTheEnvironmentNames() throws Exception {
        final String loopback = NetworkInterface.getByInetAddress(InetAddress.getByName("127.0.0.1"))
                .getName();
        start(2, "127.0.0.1", 40, Map.of("GLOO_SOCKET_IFNAME", loopback));
        start(2, "127.0.0.1", 40, Map.of());
        assertThat(said()).containsExactly("sum 3.0", "sum 3.0");
    }

    @Test
    void anInterfaceThatAMachineDoesNotHaveIsNamedByAll() throws Exception {
        start(2, "127.0.0.1", 40, Map.of());
        start(2, "127.0.0.1", 40, Map.of("GLOO_SOCKET_IFNAME", "none-7"));
        final String why =
                "Process 1 was told to use the address \"none-7\", which is neither an address nor an interface"
                        + " of its machine. It has ";
        final List<String> said = said();
        assertThat(said.get(0)).startsWith("ended with: Process 1 failed: " + why);
        assertThat(said.get(1)).startsWith("ended with: " + why);
    }

    @Test
    void processZeroListensAtItsOwnAddressWhereAServiceHasTheOneThatIsSaid() throws Exception {
        start(2, "node-0", 40, Map.of("GLOO_SOCKET_IFNAME", "127.0.0.1"), "198.51.100.7 node-0");
        start(2, "node-0", 40, Map.of(), "127.0.0.1 node-0");
        assertThat(said()).containsExactly("sum 3.0", "sum 3.0");
    }

    @Test
    void anAddressOfIpv6IsWrittenWithOrWithoutBrackets() throws Exception {
        assumeTrue(Addresses.isOwn(InetAddress.getByName("::1")), "IPv6");
        start(2, "[::1]", 40, Map.of());
        start(2, "::1", 40, Map.of());
        assertThat(said()).containsExactly("sum 3.0", "sum 3.0");
    }
}
