package dev.finetune.internal.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class OwnAddressTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private static InetAddress address(String literal) throws UnknownHostException {
        return InetAddress.getByName(literal);
    }

    private static String agree(String said, String byLink, Function<byte[], List<byte[]>> gather) throws Exception {
        return OwnAddress.agree(0, Optional.ofNullable(said), address(byLink), TIMEOUT, gather);
    }

    private static final String SAME = "same";

    /** What another process, which is process 1, says, one time after the other, or that it says the same. */
    private static Function<byte[], List<byte[]>> other(String... says) {
        final Iterator<String> next = List.of(says).iterator();
        return own -> {
            final String said = next.next();
            return List.of(own, said.equals(SAME) ? own : said.getBytes(StandardCharsets.UTF_8));
        };
    }

    @Test
    void theAddressByWhichProcessesReachEachOtherIsTaken() throws Exception {
        assertThat(agree(null, "127.0.0.1", other("127.0.0.1", "127.0.0.1", SAME, "")))
                .isEqualTo("127.0.0.1");
        assertThat(agree("127.0.0.1", "198.51.100.7", other("127.0.0.1", "127.0.0.1", SAME, "")))
                .isEqualTo("127.0.0.1");
    }

    @Test
    void aProcessThatDoesNotReachAnotherIsNamedWithIt() throws Exception {
        final int closed;
        try (ServerSocket any = new ServerSocket(0, 1, address("127.0.0.1"))) {
            closed = any.getLocalPort();
        }
        final List<InetAddress> both = List.of(address("127.0.0.1"), address("127.0.0.1"));
        final Iterator<String> says = List.of(Integer.toString(closed), "").iterator();
        assertThatThrownBy(() -> Reach.check(
                        1,
                        both.get(1),
                        both,
                        TIMEOUT,
                        own -> List.of(says.next().getBytes(StandardCharsets.UTF_8), own)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageStartingWith("Process 1 at 127.0.0.1 doesn't reach process 0 at 127.0.0.1:" + closed);
        assertThatThrownBy(() -> agree(null, "127.0.0.1", other("127.0.0.1", "127.0.0.1", SAME, "Process 1 doesn't")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageStartingWith("Process 1 doesn't: tensors travel between all processes");
    }

    @Test
    void addressesOfTwoFamiliesAreRefusedByName() {
        assertThatThrownBy(() -> agree(null, "198.51.100.7", other("fd00::2", "fd00::2")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("Process 0 would use the address 198.51.100.7, and process 1 fd00:0:0:0:0:0:0:2");
    }
}
