package dev.finetune.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What MachinesTest shows beside: processes meet at such a port. */
@EnabledOnOs(OS.LINUX)
class KeptPortTest {
    private static ServerSocket listening(String address, int port, boolean again) throws IOException {
        final ServerSocket server = new ServerSocket();
        try {
            server.setReuseAddress(again);
            server.bind(new InetSocketAddress(InetAddress.getByName(address), port));
            return server;
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    @Test
    void whoDoesNotSayThatAPortMayBeBoundAlreadyDoesNotGetIt() {
        try (KeptPort port = KeptPort.any()) {
            for (String address : new String[] {"127.0.0.1", "127.0.0.2", "0.0.0.0"}) {
                assertThatThrownBy(() -> listening(address, port.number(), false))
                        .isInstanceOf(BindException.class);
            }
        }
    }

    @Test
    void processZeroListensThereWhileItIsKeptAndAfterwards() throws IOException {
        try (KeptPort port = KeptPort.any();
                ServerSocket server = listening("127.0.0.1", port.number(), true)) {
            port.close();
            try (Socket client = new Socket("127.0.0.1", port.number());
                    Socket accepted = server.accept()) {
                assertThat(accepted.getPort()).isEqualTo(client.getLocalPort());
            }
        }
    }

    @Test
    void onceItIsGivenBackAnyoneGetsIt() throws IOException {
        final KeptPort port = KeptPort.any();
        port.close();
        try (ServerSocket server = listening("127.0.0.1", port.number(), false)) {
            assertThat(server.getLocalPort()).isEqualTo(port.number());
        }
    }

    @Test
    void twoAreDifferent() {
        try (KeptPort one = KeptPort.any();
                KeptPort other = KeptPort.any()) {
            assertThat(one.number()).isNotEqualTo(other.number());
        }
    }
}
