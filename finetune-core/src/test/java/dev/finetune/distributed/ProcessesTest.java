package dev.finetune.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class ProcessesTest {
    private static final Map<String, String> SAID =
            Map.of("RANK", "1", "WORLD_SIZE", "4", "MASTER_ADDR", "host", "MASTER_PORT", "29500");

    private static Map<String, String> said(String name, String value) {
        final Map<String, String> environment = new HashMap<>(SAID);
        environment.put(name, value);
        return environment;
    }

    @Test
    void theEnvironmentOfTorchrunSaysWhoAProcessIs() {
        final Processes self = Processes.of(SAID);
        assertThat(self).hasToString("process 1 of 4 at host:29500");
        assertThat(self.meetAtAgent()).isFalse();
        assertThat(self.exchangeByNccl()).isFalse();
        assertThat(Processes.of(said("TORCHELASTIC_USE_AGENT_STORE", "True")).meetAtAgent())
                .isTrue();
        assertThat(Processes.of(said("TORCHELASTIC_RUN_ID", "nightly")).job()).isEqualTo("nightly");
        assertThat(Processes.of(said("GLOO_SOCKET_IFNAME", "eth1,eth2")).ownAddress())
                .contains("eth1");
        assertThat(Processes.of(said("GLOO_SOCKET_IFNAME", "")).ownAddress()).isEmpty();
        assertThat(self.ownShards()
                        .nccl()
                        .timeout(Duration.ofSeconds(5))
                        .job("a")
                        .ownAddress("b"))
                .returns(true, Processes::exchangeByNccl)
                .returns(false, Processes::haveCompressedGradients)
                .returns(true, Processes::haveOwnShards)
                .returns(Duration.ofSeconds(5), Processes::timeout)
                .returns("a", Processes::job)
                .returns("b", each -> each.ownAddress().orElseThrow())
                .returns(1, Processes::rank);
    }

    @Test
    void whoStartsProcessesIsToldTheVariablesThatTheyRead() {
        assertThat(Processes.of(SAID).environment()).isEqualTo(SAID);
        final Processes started = Processes.of(said("TORCHELASTIC_USE_AGENT_STORE", "True"))
                .job("nightly")
                .ownAddress("eth1");
        assertThat(Processes.of(started.environment()))
                .returns("nightly", Processes::job)
                .returns(true, Processes::meetAtAgent)
                .returns(Optional.of("eth1"), Processes::ownAddress)
                .returns(1, Processes::rank);
    }

    @Test
    void whatIsMissingOrOutOfRangeIsNamed() {
        assertThatThrownBy(() -> Processes.of(Map.of("RANK", "0", "MASTER_ADDR", "host")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("WORLD_SIZE, MASTER_PORT aren't set");
        assertThatThrownBy(() -> Processes.of(said("RANK", "one"))).hasMessageContaining("RANK is \"one\"");
        assertThatThrownBy(() -> Processes.of(said("RANK", "4"))).hasMessageContaining("rank of this process is 4");
        assertThatThrownBy(() -> Processes.of(said("RANK", "-1"))).hasMessageContaining("expected 0 to 3");
        assertThatThrownBy(() -> Processes.of(said("WORLD_SIZE", "0"))).hasMessageContaining("at least 1");
        assertThatThrownBy(() -> Processes.of(said("MASTER_PORT", "70000"))).hasMessageContaining("70000");
        assertThatThrownBy(() -> Processes.of(said("MASTER_ADDR", " "))).hasMessageContaining("blank");
        for (String address : List.of("tcp://host", "host:29500", "[fd00::1]:29500")) {
            assertThatThrownBy(() -> Processes.of(said("MASTER_ADDR", address)))
                    .hasMessageContaining("\"" + address + "\"")
                    .hasMessageContaining("its port is MASTER_PORT");
        }
        for (String address : List.of("host", "fd00::1", "[fd00::1]", "::1", "10.0.0.1")) {
            assertThat(Processes.of(said("MASTER_ADDR", address)).masterAddress())
                    .isEqualTo(address);
        }
        assertThatThrownBy(() -> Processes.of(SAID).timeout(Duration.ofMillis(5)))
                .hasMessageContaining("timeout(...) is 5 ms");
    }

    @Test
    void whoeverDoesNotComeIsNamedAfterTheStartTimeout() throws IOException {
        final FineTuner tuner = FineTuner.from("nowhere");
        final Dataset<?> data = Dataset.texts(List.of("a", "b"), List.of("0", "1"));
        final int port = freePort();
        final Processes lead = Processes.of(0, 3, "127.0.0.1", port).startTimeout(Duration.ofSeconds(1));
        assertThatThrownBy(() -> tuner.distributed(lead).fitAll(data))
                .hasMessageContaining("has waited for 1 s for processes 1, 2 at 127.0.0.1:" + port);
        final Processes other = Processes.of(2, 3, "127.0.0.1", port).startTimeout(Duration.ofSeconds(1));
        assertThatThrownBy(() -> tuner.distributed(other).fitAll(data))
                .hasMessageContaining("Process 2 has tried for 1 s to reach process 0");
    }

    @Test
    void aPortThatIsTakenIsNamed() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            assertThatThrownBy(() -> FineTuner.from("nowhere")
                            .distributed(Processes.of(0, 2, "127.0.0.1", taken.getLocalPort()))
                            .fitAll(Dataset.texts(List.of("a", "b"), List.of("0", "1"))))
                    .hasMessageContaining("can't listen at 127.0.0.1:" + taken.getLocalPort());
        }
    }

    @Test
    void aWayOfExchangingThatOneProcessIsToldOfAloneIsRefusedByAll() throws Exception {
        for (UnaryOperator<Processes> way :
                List.<UnaryOperator<Processes>>of(Processes::nccl, Processes::compressGradients)) {
            final int port = freePort();
            final CompletableFuture<Throwable> other = CompletableFuture.supplyAsync(() -> failure(one(1, port)));
            final Throwable own = failure(way.apply(one(0, port)));
            assertThat(own)
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("Process 1 can't train with process 0: ")
                    .hasMessageContaining("with compressGradients() not said and nccl() not said, and process 0 has ")
                    .hasMessageMatching("(?s).*, and process 0 has .*\\(\\) said.*");
            assertThat(other.get(30, TimeUnit.SECONDS)).hasMessageContaining("Process 1 can't train with process 0: ");
        }
    }

    private static Processes one(int rank, int port) {
        return Processes.of(rank, 2, "127.0.0.1", port).startTimeout(Duration.ofSeconds(20));
    }

    private static Throwable failure(Processes self) {
        return catchThrowable(() -> FineTuner.from("nowhere")
                .distributed(self)
                .fitAll(Dataset.texts(List.of("a", "b"), List.of("0", "1"))));
    }

    @Test
    void whatOneProcessDoesAloneIsRefused() {
        final FineTuner tuner = FineTuner.from("nowhere").distributed(Processes.of(0, 2, "127.0.0.1", 29_500));
        final Dataset<?> data = Dataset.texts(List.of("a", "b"), List.of("0", "1"));
        assertThatThrownBy(() -> tuner.crossValidate(data, 2))
                .hasMessageContaining("crossValidate(...) runs in one process");
        assertThatThrownBy(() -> tuner.fitFewShot(data)).hasMessageContaining("fitFewShot(...) runs in one process");
        assertThatThrownBy(() -> tuner.findLearningRate(data))
                .hasMessageContaining("process 0 of 2 at 127.0.0.1:29500");
        assertThatThrownBy(() -> tuner.describeAll(data)).hasMessageContaining("describe(...)");
    }

    private static int freePort() throws IOException {
        try (ServerSocket any = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            return any.getLocalPort();
        }
    }
}
