package dev.finetune.internal.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.distributed.Processes;
import dev.finetune.error.FinetuneException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Processes that come with different fits of their programs, as threads, each of which keeps count by its rank. */
@Timeout(60)
class MeetingTurnsTest {
    private static Processes[] pair() throws Exception {
        try (ServerSocket any = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            final Processes[] pair = new Processes[2];
            for (int rank = 0; rank < 2; rank++) {
                pair[rank] = Processes.of(rank, 2, "127.0.0.1", any.getLocalPort())
                        .timeout(Duration.ofSeconds(10))
                        .startTimeout(Duration.ofSeconds(20));
            }
            return pair;
        }
    }

    private static <T> CompletableFuture<T> beside(Supplier<T> work) {
        final CompletableFuture<T> result = new CompletableFuture<>();
        final Thread thread = new Thread(() -> {
            try {
                result.complete(work.get());
            } catch (RuntimeException | Error e) {
                result.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return result;
    }

    /** Meets, says which job it does, and leaves. */
    private static String fit(Processes self, String job) {
        try (Companions met = Companions.join(self)) {
            return met.gather(job.getBytes(StandardCharsets.UTF_8)).stream()
                    .map(each -> new String(each, StandardCharsets.UTF_8))
                    .toList()
                    .toString();
        }
    }

    private static void thrown(CompletableFuture<?> result, String... words) {
        assertThatThrownBy(() -> result.get(30, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(words);
    }

    @Test
    void theSecondFitOfOneIsRefusedByNameWhereTheOtherIsAtItsFirstAndMeetsItsSecond() throws Exception {
        final Processes[] pair = pair();
        Turn.next(pair[1]); // It failed before it had come to the other.
        final CompletableFuture<String> ahead = beside(() -> fit(pair[1], "second"));
        thrown(
                beside(() -> fit(pair[0], "first")),
                "process 1 has come to fit 2 of its program, and process 0 to fit 1 of its program",
                "FineTuner.reading(...)");
        assertThat(fit(pair[0], "second")).isEqualTo("[second, second]");
        assertThat(ahead.get(30, TimeUnit.SECONDS)).isEqualTo("[second, second]");
    }

    @Test
    void theFirstFitOfOneIsTurnedAwayWhereTheOtherIsAtItsSecondAndItsSecondMeetsIt() throws Exception {
        final Processes[] pair = pair();
        Turn.next(pair[0]);
        final CompletableFuture<String> ahead = beside(() -> fit(pair[0], "second"));
        thrown(
                beside(() -> fit(pair[1], "first")),
                "turned process 1 away",
                "process 1 has come to fit 1 of its program, and process 0 to fit 2 of its program");
        assertThat(fit(pair[1], "second")).isEqualTo("[second, second]");
        assertThat(ahead.get(30, TimeUnit.SECONDS)).isEqualTo("[second, second]");
    }

    @Test
    void whatAProcessCanNotReadIsToldToTheOthersAndTheNextFitGoesOn() throws Exception {
        for (int failing : new int[] {0, 1}) {
            final Processes[] pair = pair();
            final CompletableFuture<String> failed = beside(() -> {
                final FinetuneException none = new FinetuneException("There is no such file.");
                Companions.decline(pair[failing], none);
                throw none;
            });
            thrown(
                    beside(() -> fit(pair[1 - failing], "first")),
                    "Process " + failing + " failed: There is no such file.");
            thrown(failed, "There is no such file.");
            final CompletableFuture<String> lead = beside(() -> fit(pair[0], "second"));
            assertThat(fit(pair[1], "second")).isEqualTo("[second, second]");
            assertThat(lead.get(30, TimeUnit.SECONDS)).isEqualTo("[second, second]");
        }
    }
}
