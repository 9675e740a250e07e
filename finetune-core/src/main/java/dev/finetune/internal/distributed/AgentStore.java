package dev.finetune.internal.distributed;

import dev.finetune.distributed.Processes;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.Natives;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;

/**
 * The store of torchrun's agent, which listens at MASTER_PORT itself: there process 0 says at which other port it listens. Each meeting
 * of the processes has an entry of its own; all of them meet equally often. The agent keeps the store where it starts them again.
 */
final class AgentStore {
    private static final String RESTARTS = "TORCHELASTIC_RESTART_COUNT";
    private static final AtomicInteger MEETINGS = new AtomicInteger();

    private AgentStore() {}

    /** The name of the entry of the next meeting. */
    static String nextEntry(Processes self) {
        return "finetune/" + self.job() + "/" + System.getenv().getOrDefault(RESTARTS, "0") + "/"
                + MEETINGS.getAndIncrement();
    }

    static void publish(Processes self, String entry, int port) {
        with(self, store -> {
            store.set(entry, Integer.toString(port));
            return port;
        });
    }

    /** Waits until process 0 has said its port. */
    static int port(Processes self, String entry) {
        return with(self, store -> Integer.parseInt(store.get_to_str(entry)));
    }

    private interface Use {
        int of(TCPStore store);
    }

    private static int with(Processes self, Use use) {
        Natives.load();
        try (PointerScope scope = new PointerScope()) {
            final TCPStoreOptions options = new TCPStoreOptions()
                    .port((short) self.masterPort())
                    .isServer(false)
                    .waitWorkers(false)
                    .timeout(new Milliseconds(self.startTimeout().toMillis()));
            return use.of(new TCPStore(Addresses.unbracketed(self.masterAddress()), options));
        } catch (RuntimeException e) {
            throw new FinetuneException(
                    "torchrun's agent can't be asked at " + self.masterAddress() + ":" + self.masterPort()
                            + " where process 0 is (" + e.getMessage()
                            + "). Start the processes with torchrun, or without"
                            + " TORCHELASTIC_USE_AGENT_STORE in the environment.",
                    e);
        }
    }
}
