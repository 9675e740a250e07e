package dev.finetune.trackers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.finetune.FineTuned;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingControl;
import dev.finetune.train.TrainingListener;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is sent to a server that answers as the documentation of MLflow's REST API 2.0 says. */
class MlFlowTest {
    @TempDir
    private Path folder;

    private final List<String> calls = Collections.synchronizedList(new ArrayList<>());
    private final List<JsonObject> bodies = Collections.synchronizedList(new ArrayList<>());
    private final List<String> tokens = Collections.synchronizedList(new ArrayList<>());
    private HttpServer server;
    private volatile boolean known;
    private volatile boolean broken;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    private void answer(HttpExchange exchange) throws IOException {
        final String call = exchange.getRequestURI().toString().replace("/api/2.0/mlflow/", "");
        final String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        calls.add(exchange.getRequestMethod() + " " + call);
        tokens.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
        bodies.add(
                body.isEmpty() ? new JsonObject() : JsonParser.parseString(body).getAsJsonObject());
        final boolean missing = call.startsWith("experiments/get") && !known;
        final String reply = switch (call.replaceAll("\\?.*", "")) {
            case "experiments/get-by-name" ->
                known
                        ? "{\"experiment\":{\"experiment_id\":\"7\",\"name\":\"reviews\"}}"
                        : "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\"}";
            case "experiments/create" -> "{\"experiment_id\":\"8\"}";
            case "runs/create" -> "{\"run\":{\"info\":{\"run_id\":\"abc\",\"status\":\"RUNNING\"}}}";
            case "runs/update" -> "{\"run_info\":{}}";
            default -> broken ? "{\"error_code\":\"INTERNAL_ERROR\",\"message\":\"no disk\"}" : "{}";
        };
        final byte[] bytes = reply.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(missing ? 404 : broken && call.startsWith("runs/log") ? 500 : 200, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private List<JsonElement> sent(String of) {
        final List<JsonElement> all = new ArrayList<>();
        bodies.stream()
                .filter(body -> body.has(of))
                .forEach(body -> body.getAsJsonArray(of).forEach(all::add));
        return all;
    }

    @Test
    void aTrainingIsARunWithItsSettingsNumbersAndEnd() {
        final List<StepReport> steps;
        try (FineTuned<Text> tuned =
                Fits.fit(folder, MlFlow.at(address(), "customer reviews & more").token("secret"))) {
            steps = tuned.history().orElseThrow().steps();
        }
        assertThat(calls.subList(0, 4))
                .containsExactly(
                        "GET experiments/get-by-name?experiment_name=customer+reviews+%26+more",
                        "POST experiments/create", "POST runs/create", "POST runs/log-batch");
        assertThat(bodies.get(2).get("experiment_id").getAsString()).isEqualTo("8");
        assertThat(calls.get(calls.size() - 1)).isEqualTo("POST runs/update");
        assertThat(bodies.get(bodies.size() - 1).get("status").getAsString()).isEqualTo("FINISHED");
        assertThat(sent("params"))
                .anySatisfy(parameter -> assertThat(parameter.toString())
                        .contains("\"learning rate\"")
                        .contains("0.001"));
        final List<JsonElement> losses = sent("metrics").stream()
                .filter(metric ->
                        metric.getAsJsonObject().get("key").getAsString().equals("train/loss"))
                .toList();
        assertThat(losses).hasSameSizeAs(steps);
        for (int i = 0; i < steps.size(); i++) {
            assertThat(losses.get(i).getAsJsonObject().get("step").getAsInt()).isEqualTo(i + 1);
            assertThat(losses.get(i).getAsJsonObject().get("value").getAsDouble())
                    .isEqualTo(steps.get(i).loss());
        }
        assertThat(sent("metrics").toString()).contains("validation/accuracy");
        assertThat(tokens).containsOnly("Bearer secret");
    }

    @Test
    void anExperimentThatIsThereIsUsedAndACancelledTrainingIsKilled() {
        known = true;
        final TrainingListener stopping = new TrainingListener() {
            private TrainingControl control;

            @Override
            public void attached(TrainingControl given) {
                control = given;
            }

            @Override
            public void stepped(StepReport report) {
                control.stop();
            }
        };
        Fits.fit(folder, TrainingListener.all(List.of(MlFlow.at(address(), "reviews"), stopping)))
                .close();
        assertThat(calls).doesNotContain("POST experiments/create");
        assertThat(bodies.get(1).get("experiment_id").getAsString()).isEqualTo("7");
        assertThat(bodies.get(bodies.size() - 1).get("status").getAsString()).isEqualTo("KILLED");
    }

    @Test
    void whatTheServerRefusesIsToldAndTheTrainingGoesOn() {
        broken = true;
        try (FineTuned<Text> tuned = Fits.fit(folder, MlFlow.at(address(), "reviews"))) {
            assertThat(tuned.history().orElseThrow().steps()).hasSize(Fits.STEPS);
        }
        final MlFlowClient client = new MlFlowClient(address(), Optional.empty());
        assertThatThrownBy(() -> client.log("abc", JsonParser.parseString("[1]").getAsJsonArray(), new JsonArray()))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("MLflow answered 500", "POST", "runs/log-batch", "no disk");
        server.stop(0);
        assertThatThrownBy(() -> client.createRun("7"))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("can't be reached");
    }

    @Test
    void anAnswerThatNeverEndsIsGivenUp() throws IOException {
        try (ServerSocket stalling = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            final Thread half = new Thread(() -> {
                try {
                    final Socket socket = stalling.accept();
                    socket.getOutputStream()
                            .write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".getBytes(StandardCharsets.UTF_8));
                    socket.getInputStream().transferTo(OutputStream.nullOutputStream()); // Until the other side leaves.
                } catch (IOException e) {
                    // It has left.
                }
            });
            half.setDaemon(true);
            half.start();
            final MlFlowClient client = new MlFlowClient(
                    URI.create("http://127.0.0.1:" + stalling.getLocalPort()),
                    Optional.empty(),
                    Duration.ofMillis(300));
            assertThatThrownBy(() -> client.createRun("7"))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("gave no whole answer within 0.3 s");
        }
    }

    @Test
    void whatIsNoAddressIsRefused() {
        for (String wrong : List.of("localhost:5000", "ftp://localhost", "runs")) {
            assertThatThrownBy(() -> MlFlow.at(URI.create(wrong), "reviews"))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContainingAll("http://localhost:5000", wrong);
        }
    }
}
