package reviews;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.testkit.TinyData;
import dev.finetune.testkit.TinyModels;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.HttpMethod;
import org.springframework.web.client.RestClient;

/** Asks the application over HTTP, as a caller does. */
class ReviewsApplicationTest {
    private static final ParameterizedTypeReference<Map<String, Object>> OBJECT = new ParameterizedTypeReference<>() {};

    private ConfigurableApplicationContext application;
    private RestClient client;

    @BeforeEach
    void start() {
        application = SpringApplication.run(
                ReviewsApplication.class,
                "--server.port=0",
                "--reviews.model=" + TinyModels.bert(),
                "--reviews.learning-rate=3e-3",
                "--reviews.epochs=5");
        client = RestClient.create(
                "http://localhost:" + application.getEnvironment().getProperty("local.server.port"));
    }

    @AfterEach
    void stop() {
        application.close();
    }

    @Test
    void learnsOnRequestAndServesPredictions() throws InterruptedException {
        assertThat(ask(HttpMethod.POST, "/predictions", List.of("the lamp is lovely"))
                        .code())
                .isEqualTo(404);

        assertThat(ask(HttpMethod.POST, "/training", rows(40)).code()).isEqualTo(202);
        assertThat(awaited()).containsEntry("state", "SERVED").containsEntry("accuracy", 1.0);

        assertThat(judged("the lamp is lovely", "the pen is broken").toString())
                .startsWith("{model=1, opinions=[{label=positive, probability=0.")
                .contains(", {label=negative, probability=0.");
    }

    @Test
    void aNewModelTakesTheOldOnesPlaceWithoutARequestThatFails() throws Exception {
        ask(HttpMethod.POST, "/training", rows(40));
        awaited();
        AtomicBoolean over = new AtomicBoolean();
        ExecutorService callers = Executors.newFixedThreadPool(2);
        List<Future<List<Object>>> answers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            answers.add(callers.submit(() -> {
                List<Object> models = new ArrayList<>();
                while (!over.get()) {
                    models.add(judged("the lamp is lovely").get("model"));
                }
                return models;
            }));
        }

        ask(HttpMethod.POST, "/training", rows(40));
        awaited();
        assertThat(judged("the lamp is lovely")).containsEntry("model", 2);

        over.set(true);
        for (Future<List<Object>> models : answers) {
            assertThat(models.get()).isSorted().contains(1);
        }
        callers.shutdown();
    }

    @Test
    void badInputIsToldInWords() {
        assertThat(ask(HttpMethod.POST, "/training", List.of(Map.of("text", "fine"))))
                .isEqualTo(new Reply(400, "Row 1 of the request lacks its text or its label."));
        assertThat(ask(HttpMethod.POST, "/training", List.of(Map.of("text", "fine", "label", "good")))
                        .detail())
                .startsWith("A classification head needs at least 2 classes, not 1");
        assertThat(ask(HttpMethod.POST, "/training", List.of()).code()).isEqualTo(400);
        assertThat(ask(HttpMethod.POST, "/training", Map.of("rows", "none")).code())
                .isEqualTo(400);
    }

    @Test
    void oneTrainingAtATimeWhichCanBeStopped() throws InterruptedException {
        ask(HttpMethod.POST, "/training", rows(4000));

        assertThat(ask(HttpMethod.POST, "/training", rows(40)))
                .isEqualTo(new Reply(409, "Training 1 goes on: wait for it, or DELETE it."));
        assertThat(ask(HttpMethod.DELETE, "/training", null).code()).isEqualTo(202);
        assertThat(awaited()).containsEntry("state", "CANCELLED");
    }

    @Test
    void nothingIsLeftWhenItEnds() throws InterruptedException {
        ask(HttpMethod.POST, "/training", rows(40));
        awaited();
        application.close();
        start();
        long before = Pointer.totalCount();

        ask(HttpMethod.POST, "/training", rows(40));
        awaited();
        judged("the lamp is lovely");
        ask(HttpMethod.POST, "/training", rows(4000));
        application.close();

        assertThat(Pointer.totalCount()).isEqualTo(before);
    }

    /** The status of the training once it has ended. */
    private Map<String, Object> awaited() throws InterruptedException {
        while (true) {
            Map<String, Object> status =
                    client.get().uri("/training").retrieve().body(OBJECT);
            if (!"RUNNING".equals(status.get("state"))) {
                return status;
            }
            Thread.sleep(20);
        }
    }

    private Map<String, Object> judged(String... texts) {
        return client.post().uri("/predictions").body(texts).retrieve().body(OBJECT);
    }

    /** The status of a reply, and what its problem was. */
    private record Reply(int code, String detail) {}

    private Reply ask(HttpMethod method, String path, Object body) {
        RestClient.RequestBodySpec request = client.method(method).uri(path);
        if (body != null) {
            request.body(body);
        }
        return request.exchange(
                (sent, response) -> new Reply(response.getStatusCode().value(), (String)
                        response.bodyTo(OBJECT).get("detail")));
    }

    private static List<Map<String, String>> rows(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> Map.of("text", TinyData.review(i), "label", i % 2 == 0 ? "positive" : "negative"))
                .toList();
    }
}
