package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.Embedder;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Pooling;
import dev.finetune.head.Prediction;
import dev.finetune.metrics.Metrics;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Closing a model while it is used, from anywhere: never a crash, never a deadlock, and an error that says so afterwards. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ClosingTest {
    private static FineTuned<Text> untrained() {
        return Jobs.classifier().untrained(Text.class);
    }

    private static void assertClosed(FineTuned<Text> model) {
        assertThatIllegalStateException()
                .isThrownBy(() -> model.predict(Text.of("great")))
                .withMessage("this model was closed");
        assertThatIllegalStateException().isThrownBy(() -> model.evaluate(Jobs.data(2, 1)));
        assertThatCode(model::close).doesNotThrowAnyException();
    }

    /** Rows of which, when the third is asked for, something is done first. */
    private static Dataset<Text> stream(Runnable first) {
        final AtomicInteger rows = new AtomicInteger();
        return Dataset.streamed(
                Text.class,
                () -> Jobs.reviews(64, 1).stream().peek(row -> {
                    if (rows.incrementAndGet() == 3) {
                        first.run();
                    }
                }));
    }

    @Test
    void fromTheDataThatItReads() {
        final FineTuned<Text> model = untrained();
        final Metrics before = model.evaluate(stream(() -> {}));

        final Metrics metrics = model.evaluate(stream(model::close));

        assertThat(metrics.get("loss")).isEqualTo(before.get("loss"));
        assertClosed(model);
    }

    @Test
    void byAnotherThreadForWhichTheDataWaits() {
        final FineTuned<Text> model = untrained();
        final Metrics before = model.evaluate(stream(() -> {}));
        final Metrics metrics = model.evaluate(stream(() -> {
            final Thread closing = new Thread(model::close);
            closing.start();
            join(closing);
        }));

        assertThat(metrics.get("loss")).isEqualTo(before.get("loss"));
        assertClosed(model);
    }

    @Test
    void fromTheListenerOfATraining() {
        final FineTuned<Text> model = untrained();
        final List<Prediction> predictions = new ArrayList<>();
        try (FineTuned<Text> tuned = Jobs.classifier()
                .maxSteps(3)
                .listener(new TrainingListener() {
                    @Override
                    public void stepped(StepReport report) {
                        if (report.step() == 2) {
                            predictions.add(model.predict(Text.of("great")));
                            model.close();
                        }
                    }
                })
                .fitAll(Jobs.data(24, 1))) {
            assertThat(Jobs.history(tuned).steps()).hasSize(3);
        }
        assertThat(predictions).hasSize(1);
        assertClosed(model);
    }

    @Test
    void whileManyThreadsPredictEachAnswerIsRightOrAClearError() throws Exception {
        final List<Text> texts = Jobs.texts(64, 1);
        for (int round = 0; round < 10; round++) {
            final FineTuned<Text> model = untrained();
            final List<Prediction> expected = model.predict(texts);
            final CountDownLatch begun = new CountDownLatch(8);
            final ExecutorService threads = Executors.newFixedThreadPool(8);
            final List<Future<Integer>> running = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                final int first = i;
                running.add(threads.submit(() -> {
                    int answers = 0;
                    try {
                        while (true) {
                            final int at = (first + answers) % texts.size();
                            final Prediction prediction = model.predict(texts.get(at));
                            assertThat(prediction.logits().get(0))
                                    .containsExactly(expected.get(at).logits().get(0), Offset.offset(1e-5f));
                            if (answers++ == 0) {
                                begun.countDown();
                            }
                        }
                    } catch (IllegalStateException e) {
                        assertThat(e).hasMessage("this model was closed");
                        return answers;
                    }
                }));
            }
            assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
            model.close();
            for (Future<Integer> future : running) {
                assertThat(future.get()).isGreaterThanOrEqualTo(1);
            }
            threads.shutdown();
            assertClosed(model);
        }
    }

    @Test
    void oneOfTwoModelsLeavesTheOtherAlone() {
        final FineTuned<Text> one = untrained();
        try (FineTuned<Text> other = untrained()) {
            final Prediction before = other.predict(Text.of("great"));
            one.close();
            assertClosed(one);
            assertThat(other.predict(Text.of("great")))
                    .usingRecursiveComparison()
                    .isEqualTo(before);
        }
    }

    @Test
    void twiceAtOnceFreesItOnce() throws Exception {
        for (int round = 0; round < 20; round++) {
            final FineTuned<Text> model = untrained();
            final List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                threads.add(new Thread(model::close));
            }
            threads.forEach(Thread::start);
            threads.forEach(ClosingTest::join);
            assertClosed(model);
        }
    }

    @Test
    void ofAnEmbedderIsTheSame() {
        final Embedder<String> embedder =
                FineTuner.from(Jobs.model("bert-sequence-classification")).embedder(Pooling.MEAN);
        embedder.close();
        embedder.close();
        assertThatIllegalStateException()
                .isThrownBy(() -> embedder.embed("great"))
                .withMessage("this model was closed");
    }

    @Test
    void anInterruptedThreadPredictsNothing() {
        try (FineTuned<Text> model = untrained()) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> model.predict(Text.of("great")))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("The thread is interrupted, so that nothing is predicted");
            assertThat(Thread.interrupted()).isTrue();
            assertThat(model.predict(Text.of("great"))).isNotNull();
        }
    }

    @Test
    void fromAShutdownHookWhileThreadsPredictTheProcessEndsAsItWasTold(@TempDir Path folder) throws Exception {
        final Path output = folder.resolve("output.txt");
        final Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        ClosedAtTheEnd.class.getName())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(50, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(output).content().contains("closed by the hook");
        assertThat(process.exitValue()).isEqualTo(7);
    }

    /** A process that ends while eight threads predict, with a hook that closes the model. */
    static final class ClosedAtTheEnd {
        private ClosedAtTheEnd() {}

        public static void main(String[] arguments) throws InterruptedException {
            final FineTuned<Text> model = untrained();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                model.close();
                System.out.println("closed by the hook");
            }));
            final CountDownLatch begun = new CountDownLatch(8);
            for (int i = 0; i < 8; i++) {
                final Thread thread = new Thread(() -> {
                    try {
                        while (true) {
                            model.predict(Jobs.texts(16, 1));
                            begun.countDown();
                        }
                    } catch (IllegalStateException e) {
                        // It was closed.
                    }
                });
                thread.setDaemon(true);
                thread.start();
            }
            begun.await();
            System.exit(7);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
