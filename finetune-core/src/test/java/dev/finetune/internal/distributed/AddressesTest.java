package dev.finetune.internal.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.distributed.Processes;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;

class AddressesTest {
    private static final String ELSEWHERE = "198.51.100.7";

    private static InetAddress address(String literal) throws UnknownHostException {
        return InetAddress.getByName(literal);
    }

    private static List<String> listening(String name, String... meaning) throws UnknownHostException {
        final InetAddress[] all = new InetAddress[meaning.length];
        for (int i = 0; i < all.length; i++) {
            all[i] = address(meaning[i]);
        }
        return Addresses.listening(name, List.of(all)).stream()
                .map(InetAddress::getHostAddress)
                .toList();
    }

    @Test
    void whoSaysLoopbackListensThereAndNowhereElse() throws UnknownHostException {
        assertThat(listening("localhost", "127.0.0.1")).containsExactly("127.0.0.1");
        assertThat(listening("LocalHost", "127.0.0.1")).containsExactly("127.0.0.1");
        assertThat(listening("127.0.0.2", "127.0.0.2")).containsExactly("127.0.0.2");
        assertThat(listening("localhost.localdomain", "127.0.0.1")).containsExactly("127.0.0.1");
    }

    @Test
    void aNameThatMeansLoopbackToItsOwnHostIsListenedForAtAllAddresses() throws UnknownHostException {
        assertThat(Addresses.listening("node-0", List.of(address("127.0.1.1"))))
                .allMatch(InetAddress::isAnyLocalAddress)
                .hasSize(1);
    }

    @Test
    void addressesOfOtherMachinesAreNotListenedAt() throws UnknownHostException {
        assertThat(listening("node-0", ELSEWHERE)).isEmpty();
        assertThat(listening("localhost", ELSEWHERE, "127.0.0.1")).containsExactly("127.0.0.1");
    }

    @Test
    void aPlaceIsReadableWithAnAddressOfIpv6() {
        assertThat(Addresses.place(Processes.of(0, 2, "fd00::1", 29_500))).isEqualTo("[fd00::1]:29500");
        assertThat(Addresses.place(Processes.of(0, 2, "[fd00::1]", 29_500))).isEqualTo("[fd00::1]:29500");
        assertThat(Addresses.place(Processes.of(0, 2, "node-0", 29_500))).isEqualTo("node-0:29500");
        assertThat(Addresses.unbracketed("[fd00::1]")).isEqualTo("fd00::1");
        assertThat(Addresses.unbracketed("node-0")).isEqualTo("node-0");
    }
}
