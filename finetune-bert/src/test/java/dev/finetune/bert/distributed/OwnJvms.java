package dev.finetune.bert.distributed;

import dev.finetune.bert.start.ChildJvm;
import dev.finetune.distributed.Processes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Several JVMs that are told which of several processes they are, as torchrun tells it. */
public final class OwnJvms {
    private OwnJvms() {}

    /**
     * Starts them, of one thread each.
     *
     * @param scratch a directory for their output
     * @param environment more variables
     * @param main what all run
     */
    public static List<ChildJvm> start(int count, Path scratch, Map<String, String> environment, Class<?> main)
            throws IOException {
        final int port = freePort();
        final List<ChildJvm> all = new ArrayList<>();
        for (int rank = 0; rank < count; rank++) {
            final Map<String, String> variables =
                    new HashMap<>(Processes.of(rank, count, "127.0.0.1", port).environment());
            variables.put("OMP_NUM_THREADS", "1");
            variables.putAll(environment);
            all.add(ChildJvm.start(scratch, variables, List.of(), ChildJvm.classPath(), main));
        }
        return all;
    }

    private static int freePort() throws IOException {
        try (ServerSocket any = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            return any.getLocalPort();
        }
    }
}
