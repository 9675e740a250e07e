package dev.finetune.bert.distributed;

import dev.finetune.bert.start.ChildJvm;
import dev.finetune.distributed.Processes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * As many machines as there are processes, as far as processes see: each has a network of its own, joined to the others' by a bridge,
 * memory that it shares with nobody, and numbers of processes of its own. Wants Linux, root and iproute2.
 */
final class OwnMachines implements AutoCloseable {
    private static final String BRIDGE = "finetune";
    private static final int PORT = 29_500;

    /** Own memory, then what is to be run. */
    private static final String ALONE = "mount -t tmpfs tmpfs /dev/shm && exec \"$@\"";

    private final int count;

    OwnMachines(int count) throws IOException, InterruptedException {
        this.count = count;
        ip("link add " + BRIDGE + " type bridge");
        ip("link set " + BRIDGE + " up");
        for (int i = 0; i < count; i++) {
            ip("netns add " + name(i));
            ip("link add " + name(i) + " type veth peer name eth0 netns " + name(i));
            ip("link set " + name(i) + " master " + BRIDGE + " up");
            ip("-n " + name(i) + " addr add " + address(i) + "/24 dev eth0");
            ip("-n " + name(i) + " link set lo up");
            ip("-n " + name(i) + " link set eth0 up");
        }
    }

    private static String name(int machine) {
        return BRIDGE + machine;
    }

    private static String address(int machine) {
        return "10.78.0." + (10 + machine);
    }

    /** Starts a process on each, of one thread. */
    List<ChildJvm> start(Path scratch, Map<String, String> environment, Class<?> main) throws IOException {
        final List<ChildJvm> all = new ArrayList<>();
        for (int rank = 0; rank < count; rank++) {
            final Map<String, String> variables =
                    new HashMap<>(Processes.of(rank, count, address(0), PORT).environment());
            variables.put("OMP_NUM_THREADS", "1");
            variables.putAll(environment);
            final List<String> through = new ArrayList<>(
                    List.of(("ip netns exec " + name(rank) + " unshare -m -p --fork --kill-child --mount-proc sh -c")
                            .split(" ")));
            through.addAll(List.of(ALONE, "sh"));
            all.add(ChildJvm.start(scratch, variables, through, List.of(), ChildJvm.classPath(), main));
        }
        return all;
    }

    /** Takes the cable out, or puts it back. */
    void plug(int machine, boolean in) throws IOException, InterruptedException {
        ip("link set " + name(machine) + (in ? " up" : " down"));
    }

    /** Stops all that runs on a machine, or has it go on. */
    void run(int machine, boolean on) throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>(List.of("kill", on ? "-CONT" : "-STOP"));
        command.addAll(List.of(ip("netns pids " + name(machine)).strip().split("\\s+")));
        new ProcessBuilder(command).start().waitFor();
    }

    private static String ip(String words) throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(words.split(" ")));
        final Process process =
                new ProcessBuilder(command).redirectErrorStream(true).start();
        final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(command + ": " + said);
        }
        return said;
    }

    @Override
    public void close() throws IOException {
        try {
            for (int i = 0; i < count; i++) {
                ip("netns del " + name(i));
            }
            ip("link del " + BRIDGE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
