package dev.finetune.internal.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class OwnAddressTest {
    private static Function<byte[], List<byte[]>> with(String other) {
        return own -> List.of(own, other.getBytes(StandardCharsets.UTF_8));
    }

    private static String agreed(String said, String byLink, String other) throws Exception {
        return OwnAddress.agree(0, Optional.ofNullable(said), InetAddress.getByName(byLink), with(other));
    }

    @Test
    void theAddressByWhichProcessesReachEachOtherIsTaken() throws Exception {
        assertThat(agreed(null, "127.0.0.1", "127.0.0.1")).isEqualTo("127.0.0.1");
        assertThat(agreed(null, "198.51.100.7", "127.0.0.1")).isEqualTo("198.51.100.7");
        assertThat(agreed("127.0.0.1", "198.51.100.7", "127.0.0.1")).isEqualTo("127.0.0.1");
    }

    @Test
    void addressesOfTwoFamiliesAreRefusedByName() {
        assertThatThrownBy(() -> agreed(null, "198.51.100.7", "fd00::2"))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("Process 0 would use the address 198.51.100.7, and process 1 fd00:0:0:0:0:0:0:2");
    }
}
