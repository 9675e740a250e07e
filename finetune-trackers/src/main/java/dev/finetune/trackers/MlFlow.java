package dev.finetune.trackers;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.finetune.error.FinetuneException;
import java.net.URI;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Records each training as a run of an experiment on an MLflow server, by its REST API (2.0): settings as parameters, losses and
 * metrics by step, and how it ended. A thread of its own sends them, so that a slow server doesn't slow the training down.
 *
 * <pre>{@code
 * tuner.listener(MlFlow.at(URI.create("http://localhost:5000"), "reviews")).fit(dataset);
 * }</pre>
 */
public final class MlFlow extends ScalarTracker {
    /** What the API takes at once. */
    private static final int MOST_METRICS = 1000;

    private static final int MOST_PARAMETERS = 100;
    private static final int MOST_WAITING = 100_000;
    private static final int LONGEST_PARAMETER = 500;
    private static final long FLUSH_NANOS = 5_000_000_000L;
    private static final int PATIENCE_SECONDS = 60;

    private final MlFlowClient client;
    private final String experiment;
    private @Nullable ExecutorService sender;
    private @Nullable Future<?> last;
    private String run = "";
    private JsonArray waiting = new JsonArray();
    private long sent;

    private MlFlow(MlFlowClient client, String experiment) {
        this.client = client;
        this.experiment = experiment;
    }

    /**
     * {@return a listener that records runs}
     *
     * @param server the tracking server's address, such as {@code http://localhost:5000}
     * @param experiment its name; it is made where it isn't there
     */
    public static MlFlow at(URI server, String experiment) {
        Objects.requireNonNull(server, "server");
        Objects.requireNonNull(experiment, "experiment");
        return new MlFlow(new MlFlowClient(server, Optional.empty()), experiment);
    }

    /**
     * {@return the same for a server that wants a token}
     *
     * @param token sent as {@code Authorization: Bearer}; never logged
     */
    public MlFlow token(String token) {
        Objects.requireNonNull(token, "token");
        return new MlFlow(client.with(token), experiment);
    }

    @Override
    void begin(Plan plan, Map<String, String> settings) {
        run = client.createRun(client.experiment(experiment));
        waiting = new JsonArray();
        sender = Executors.newSingleThreadExecutor(task -> {
            final Thread thread = new Thread(task, "finetune-mlflow");
            thread.setDaemon(true);
            return thread;
        });
        last = null;
        final JsonArray parameters = new JsonArray();
        settings.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .limit(MOST_PARAMETERS)
                .forEach(setting -> {
                    final JsonObject parameter = new JsonObject();
                    parameter.addProperty("key", allowed(setting.getKey()));
                    parameter.addProperty("value", shortened(setting.getValue()));
                    parameters.add(parameter);
                });
        send(() -> client.log(run, new JsonArray(), parameters));
        sent = System.nanoTime();
    }

    private static String shortened(String value) {
        return value.length() <= LONGEST_PARAMETER ? value : value.substring(0, LONGEST_PARAMETER - 1) + "…";
    }

    /** Names may hold letters, digits, underscores, dashes, full stops, spaces and slashes. */
    private static String allowed(String name) {
        return name.replaceAll("[^\\w\\-. /]", "_");
    }

    @Override
    void scalars(long step, double epoch, Map<String, Double> values) {
        values.forEach((name, value) -> {
            final JsonObject metric = new JsonObject();
            metric.addProperty("key", allowed(name));
            metric.add(
                    "value",
                    Double.isFinite(value) ? new JsonPrimitive(value) : new JsonPrimitive(Double.toString(value)));
            metric.addProperty("timestamp", System.currentTimeMillis());
            metric.addProperty("step", step);
            waiting.add(metric);
        });
        final boolean due = waiting.size() > MOST_METRICS - values.size() || System.nanoTime() - sent > FLUSH_NANOS;
        if (due && (last == null || last.isDone())) {
            sendWaiting();
        } else if (waiting.size() > MOST_WAITING) {
            throw new FinetuneException(
                    "MLflow takes in less than training gives: " + waiting.size() + " numbers wait to be sent.");
        }
    }

    private void sendWaiting() {
        final String to = run;
        for (int from = 0; from < waiting.size(); from += MOST_METRICS) {
            final JsonArray some = new JsonArray();
            for (int i = from; i < Math.min(from + MOST_METRICS, waiting.size()); i++) {
                some.add(waiting.get(i));
            }
            send(() -> client.log(to, some, new JsonArray()));
        }
        waiting = new JsonArray();
        sent = System.nanoTime();
    }

    /** Sends after what is being sent; what failed of it is thrown here, where it is told who asked. */
    private void send(Runnable request) {
        if (sender == null) {
            throw new IllegalStateException("no training is under way");
        }
        if (last != null && last.isDone()) {
            await(last);
        }
        last = sender.submit(request);
    }

    private static void await(Future<?> sending) {
        try {
            sending.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            final Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
            throw cause instanceof FinetuneException known ? known : new FinetuneException("MLflow: " + cause, cause);
        } catch (TimeoutException e) {
            throw new FinetuneException("MLflow: no answer within " + PATIENCE_SECONDS + " s.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // What is left is sent by a thread that ends with the process.
        }
    }

    @Override
    void end(End how) {
        final ExecutorService ending = sender;
        if (ending == null) {
            return;
        }
        try {
            sendWaiting();
            final String ended = run;
            send(() -> client.end(
                    ended,
                    switch (how) {
                        case FINISHED -> "FINISHED";
                        case CANCELLED -> "KILLED";
                        case FAILED -> "FAILED";
                    }));
            if (last != null) {
                await(last);
            }
        } finally {
            ending.shutdown();
            sender = null;
        }
    }
}
