package dev.finetune.internal.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.finetune.distributed.Processes;
import dev.finetune.error.FinetuneException;
import dev.finetune.error.LostProcessException;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class MeetingTest {
    /** What the other process does before its connection ends. */
    private interface Other {
        void last(Link link) throws IOException;
    }

    private static Throwable thrownTo(Other other) throws IOException {
        final int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        final CompletableFuture<Void> ends = CompletableFuture.runAsync(() -> {
            try (Link link = Rendezvous.reach(
                    Processes.of(1, 2, "127.0.0.1", port), Turn.first("other").next())) {
                other.last(link);
            } catch (IOException e) {
                throw new CompletionException(e);
            }
        });
        try (Meeting meeting = Meeting.of(Processes.of(0, 2, "127.0.0.1", port).timeout(Duration.ofSeconds(2)))) {
            final Throwable thrown = catchThrowable(() -> meeting.gather(new byte[0]));
            ends.join();
            return thrown;
        }
    }

    @Test
    void aProcessWhoseConnectionEndsWithoutAWordIsLost() throws IOException {
        assertThat(thrownTo(link -> {}))
                .isExactlyInstanceOf(LostProcessException.class)
                .hasMessageStartingWith("Process 1 was lost: its connection ended without a word");
    }

    /** Of which nothing comes, but which hears; as one that was stopped, and goes on, or whose network is gone in one direction. */
    @Test
    void aProcessThatIsTakenForLostIsToldSo() throws IOException {
        final Frame[] heard = new Frame[1];
        assertThat(thrownTo(link -> {
                    Frame last = link.read(1 << 16, Duration.ofSeconds(20));
                    while (last.kind() == Frame.Kind.BEAT) {
                        last = link.read(1 << 16, Duration.ofSeconds(20));
                    }
                    heard[0] = last;
                }))
                .isExactlyInstanceOf(LostProcessException.class)
                .hasMessageStartingWith("Process 1 was lost: nothing was heard of it for 2 s");
        assertThat(heard[0].kind()).isEqualTo(Frame.Kind.LOST);
        assertThat(heard[0].text()).startsWith("Process 1 was lost: nothing was heard of it for 2 s");
    }

    @Test
    void whatAnotherProcessLostIsLost() throws IOException {
        assertThat(thrownTo(link -> link.send(Frame.of(Frame.Kind.LOST, "Process 2 was lost."))))
                .isExactlyInstanceOf(LostProcessException.class)
                .hasMessage("Process 2 was lost.");
    }

    @Test
    void aProcessThatGivesUpIsNotLost() throws IOException {
        assertThat(thrownTo(link -> link.send(Frame.of(Frame.Kind.FAILED, "Process 1 failed: a row is bad."))))
                .isExactlyInstanceOf(FinetuneException.class)
                .hasMessage("Process 1 failed: a row is bad.");
    }
}
