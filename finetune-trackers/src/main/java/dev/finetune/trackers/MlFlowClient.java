package dev.finetune.trackers;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.finetune.error.FinetuneException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The calls of MLflow's REST API (2.0, as its documentation describes it) that a run needs. */
final class MlFlowClient {
    private static final String API = "api/2.0/mlflow/";
    private static final int NOT_FOUND = 404;
    private static final int LONGEST_ANSWER = 300;
    private static final Duration CONNECTING = Duration.ofSeconds(10);
    private static final Duration ANSWERING = Duration.ofSeconds(30);

    private final URI server;
    private final Optional<String> token;
    private final Duration patience;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(CONNECTING).build();

    MlFlowClient(URI server, Optional<String> token) {
        this(server, token, ANSWERING);
    }

    /** With another time for a whole answer. */
    MlFlowClient(URI server, Optional<String> token, Duration patience) {
        if (server.getScheme() == null || !server.getScheme().matches("https?") || server.getHost() == null) {
            throw new FinetuneException(
                    "MLflow's server must be an address such as http://localhost:5000, but is \"" + server + "\".");
        }
        final String text = server.toString();
        this.server = URI.create(text.endsWith("/") ? text : text + "/");
        this.token = token;
        this.patience = patience;
    }

    MlFlowClient with(String newToken) {
        return new MlFlowClient(server, Optional.of(newToken), patience);
    }

    /** The experiment's id; it is made where it isn't there. */
    String experiment(String name) {
        final HttpResponse<String> found = send(
                request("experiments/get-by-name?experiment_name=" + URLEncoder.encode(name, StandardCharsets.UTF_8))
                        .GET()
                        .build());
        if (found.statusCode() == NOT_FOUND) {
            final JsonObject body = new JsonObject();
            body.addProperty("name", name);
            return text(post("experiments/create", body), "experiment_id");
        }
        return text(object(json(found), "experiment"), "experiment_id");
    }

    /** A new run's id. */
    String createRun(String experiment) {
        final JsonObject body = new JsonObject();
        body.addProperty("experiment_id", experiment);
        body.addProperty("start_time", System.currentTimeMillis());
        return text(object(object(post("runs/create", body), "run"), "info"), "run_id");
    }

    /** Metrics and parameters of a run. */
    void log(String run, JsonArray metrics, JsonArray parameters) {
        if (metrics.isEmpty() && parameters.isEmpty()) {
            return;
        }
        final JsonObject body = new JsonObject();
        body.addProperty("run_id", run);
        body.add("metrics", metrics);
        body.add("params", parameters);
        post("runs/log-batch", body);
    }

    /** Ends a run: FINISHED, FAILED or KILLED. */
    void end(String run, String status) {
        final JsonObject body = new JsonObject();
        body.addProperty("run_id", run);
        body.addProperty("status", status);
        body.addProperty("end_time", System.currentTimeMillis());
        post("runs/update", body);
    }

    private JsonObject post(String call, JsonObject body) {
        return json(send(request(call)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                .build()));
    }

    private HttpRequest.Builder request(String call) {
        final HttpRequest.Builder request =
                HttpRequest.newBuilder(server.resolve(API + call)).timeout(patience);
        token.ifPresent(secret -> request.header("Authorization", "Bearer " + secret));
        return request;
    }

    private HttpResponse<String> send(HttpRequest request) {
        final CompletableFuture<HttpResponse<String>> answer =
                http.sendAsync(request, HttpResponse.BodyHandlers.ofString());
        try {
            return answer.get(
                    patience.toMillis(), TimeUnit.MILLISECONDS); // The request's own limit ends with the headers.
        } catch (ExecutionException e) {
            final Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
            throw new FinetuneException("MLflow at " + server + " can't be reached: " + cause, cause);
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw new FinetuneException(
                    "MLflow at " + server + " gave no whole answer within " + patience.toMillis() / 1e3 + " s.", e);
        } catch (InterruptedException e) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            throw new FinetuneException("Interrupted while MLflow at " + server + " was told of a training.", e);
        }
    }

    private static JsonObject json(HttpResponse<String> answer) {
        final String body = answer.body();
        if (answer.statusCode() / 100 != 2) {
            throw refusal(answer, "answered " + answer.statusCode());
        }
        try {
            return body.isBlank()
                    ? new JsonObject()
                    : JsonParser.parseString(body).getAsJsonObject();
        } catch (JsonParseException | IllegalStateException e) {
            throw refusal(answer, "answered no JSON object");
        }
    }

    private static FinetuneException refusal(HttpResponse<String> answer, String what) {
        final String body = answer.body();
        return new FinetuneException(
                "MLflow " + what + " to " + answer.request().method() + " "
                        + answer.request().uri() + ": "
                        + (body.length() <= LONGEST_ANSWER ? body : body.substring(0, LONGEST_ANSWER) + "…"));
    }

    private static JsonObject object(JsonObject json, String key) {
        if (!json.has(key) || !json.get(key).isJsonObject()) {
            throw missing(key);
        }
        return json.getAsJsonObject(key);
    }

    private static String text(JsonObject json, String key) {
        if (!json.has(key) || !json.get(key).isJsonPrimitive()) {
            throw missing(key);
        }
        return json.get(key).getAsString();
    }

    private static FinetuneException missing(String key) {
        return new FinetuneException(
                "MLflow's answer lacks \"" + key + "\". Is the address that of a tracking server?");
    }
}
