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
        final int port = freePort();
        final CompletableFuture<Void> ends = CompletableFuture.runAsync(() -> reach(1, 2, port, other));
        try (Meeting meeting = Meeting.of(Processes.of(0, 2, "127.0.0.1", port).timeout(Duration.ofSeconds(2)))) {
            final Throwable thrown = catchThrowable(() -> meeting.gather(new byte[0]));
            ends.join();
            return thrown;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static void reach(int rank, int size, int port, Other other) {
        try (Link link = Rendezvous.reach(
                Processes.of(rank, size, "127.0.0.1", port), Turn.first("other").next())) {
            other.last(link);
        } catch (IOException e) {
            throw new CompletionException(e);
        }
    }

    /** What comes after all beats. */
    private static Frame lastOf(Link link) throws IOException {
        Frame last = link.read(1 << 16, Duration.ofSeconds(20));
        while (last.kind() == Frame.Kind.BEAT) {
            last = link.read(1 << 16, Duration.ofSeconds(20));
        }
        return last;
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
        assertThat(thrownTo(link -> heard[0] = lastOf(link)))
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

    /** Whoever hears of a loss first leaves at once, while a thread of its still tells the others. */
    @Test
    void whoLeavesAfterALossHasToldTheOthersOfIt() throws IOException {
        for (int round = 0; round < 40; round++) {
            final int port = freePort();
            final CompletableFuture<Void> met = new CompletableFuture<>();
            final CompletableFuture<Void> lost =
                    CompletableFuture.runAsync(() -> reach(1, 3, port, link -> met.join()));
            final Frame[] heard = new Frame[1];
            final CompletableFuture<Void> other =
                    CompletableFuture.runAsync(() -> reach(2, 3, port, link -> heard[0] = lastOf(link)));
            try (Meeting meeting = Meeting.of(Processes.of(0, 3, "127.0.0.1", port))) {
                met.complete(null);
                assertThat(catchThrowable(() -> meeting.gather(new byte[0]))).isInstanceOf(LostProcessException.class);
            }
            lost.join();
            other.join();
            assertThat(heard[0].text()).startsWith("Process 1 was lost");
        }
    }

    @Test
    void aProcessThatGivesUpIsNotLost() throws IOException {
        assertThat(thrownTo(link -> link.send(Frame.of(Frame.Kind.FAILED, "Process 1 failed: a row is bad."))))
                .isExactlyInstanceOf(FinetuneException.class)
                .hasMessage("Process 1 failed: a row is bad.");
    }
}
