package dev.finetune.internal.distributed;

import dev.finetune.distributed.Processes;
import dev.finetune.internal.Warnings;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connects the GPUs of processes that can speak to each other already, all of them by NCCL or none.
 *
 * @param timeout of connecting, and of each exchange afterwards
 * @param gather what each says, told to all; throws if one is lost
 * @param check throws if one is lost
 */
record NcclStart(
        NcclLibrary library,
        int rank,
        int size,
        Duration timeout,
        Function<byte[], List<byte[]>> gather,
        Runnable check) {
    private static final Logger LOG = LoggerFactory.getLogger(Processes.class);

    private static final String WAITS = "waits";
    private static final String DONE = "done ";
    private static final String FAILED = "failed ";

    /** Connects all processes; all of them call this. Says which way it went. Empty in all of them where one can't. */
    Optional<Nccl> connect() {
        final NcclPlace own = NcclPlace.own(library);
        final Optional<String> whyNot = NcclPlace.whyNot(
                said(own.toString()).stream().map(NcclPlace::of).toList());
        if (whyNot.isPresent()) {
            return without(whyNot.get());
        }
        Waiting.until(library::isIdle, check, Waiting.EVER, ""); // All are ready for an exchange afterwards.
        final String id = said(rank == 0 ? uniqueId() : WAITS).get(0);
        if (id.startsWith(FAILED)) {
            return without("process 0 can't: " + id.substring(FAILED.length()));
        }
        final Optional<Nccl> connected = connected(HexFormat.of().parseHex(id.substring(DONE.length())));
        connected.ifPresent(nccl -> LOG.info(
                "Process {} of {}: tensors on GPUs travel between them through NCCL {}", rank, size, own.version()));
        return connected;
    }

    private List<String> said(String own) {
        return gather.apply(own.getBytes(StandardCharsets.UTF_8)).stream()
                .map(each -> new String(each, StandardCharsets.UTF_8))
                .toList();
    }

    private Optional<Nccl> without(String why) {
        Warnings.say(
                LOG,
                "Process " + rank + " of " + size
                        + ": tensors on GPUs are copied to main memory and travel through Gloo," + " not through NCCL: "
                        + why);
        return Optional.empty();
    }

    private String uniqueId() {
        try {
            return DONE + HexFormat.of().formatHex(library.uniqueId());
        } catch (RuntimeException e) {
            return FAILED + e.getMessage();
        }
    }

    private Optional<Nccl> connected(byte[] id) {
        @Nullable Nccl own = null;
        String failure = "";
        boolean all = false;
        try {
            try {
                own = new Nccl(library, library.begin(id, rank, size), check, timeout);
            } catch (RuntimeException e) {
                failure = FAILED + e.getMessage();
            }
            final long end = System.nanoTime() + timeout.toNanos();
            while (true) {
                final List<String> states = said(own == null ? failure : state(own, end));
                for (int other = 0; other < size; other++) {
                    if (states.get(other).startsWith(FAILED)) {
                        return without("process " + other + " isn't connected: "
                                + states.get(other).substring(FAILED.length()));
                    }
                }
                all = states.stream().allMatch(DONE::equals);
                if (all) {
                    return Optional.ofNullable(own);
                }
                Waiting.pause();
            }
        } finally {
            if (!all && own != null) {
                own.abort();
            }
        }
    }

    private String state(Nccl own, long end) {
        try {
            if (own.isConnected()) {
                return DONE;
            }
            return System.nanoTime() > end ? FAILED + "NCCL has tried for " + Waiting.seconds(timeout) : WAITS;
        } catch (RuntimeException e) {
            return FAILED + e.getMessage();
        }
    }
}
