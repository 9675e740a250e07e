package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Network;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a listener may ask of the training that it watches, and that it is told how it ended. */
class TrainingControlTest {
    /** Of no training. */
    static final TrainingControl NONE = new TrainingControl(Map.of(), List.of());

    private final Settings settings = new Settings();
    private final List<String> events = new ArrayList<>();

    /** Asks for something after the third step. */
    private TrainingListener asking(Consumer<TrainingControl> request) {
        return new TrainingListener() {
            private TrainingControl control = NONE;

            @Override
            public void attached(TrainingControl given) {
                events.add("attached");
                control = given;
            }

            @Override
            public void started(Plan plan) {
                events.add("started");
            }

            @Override
            public void stepped(StepReport report) {
                if (report.step() == 3) {
                    request.accept(control);
                }
            }

            @Override
            public void finished(TrainingHistory history) {
                events.add("finished");
            }

            @Override
            public void failed(Throwable cause) {
                events.add("failed: " + cause.getMessage());
                throw new IllegalArgumentException("the listener's own");
            }
        };
    }

    private TrainingHistory train(Consumer<TrainingControl> request) {
        settings.epochs = 2;
        final EncodedRows.Order order = new EncodedRows.Order(8, true, true, true, 3);
        try (Network network = TinyNet.of(5, 1, 0)) {
            return new Trainer(
                            network,
                            TrainerTest.TASK,
                            settings.make(),
                            Tensors.cpu(),
                            asking(request),
                            new Cancellation())
                    .train(
                            new EncodedRows(Rows.of(40, 6, 1), new Rows(), order),
                            Optional.of(new EncodedRows(Rows.of(24, 6, 2), new Rows(), order)));
        }
    }

    @Test
    void itStopsAfterTheStepUnderWayAndTheNextTrainingIsAnotherOne() {
        final TrainingHistory history = train(TrainingControl::stop);
        assertThat(history.steps()).hasSize(3);
        assertThat(history.end()).isEqualTo(TrainingHistory.End.STOPPED);
        assertThat(history.ended()).startsWith("stopped by a listener (" + TrainingControlTest.class.getName());
        assertThat(history.epochs()).isEmpty();
        final TrainingHistory whole = train(control -> {});
        assertThat(whole.steps()).hasSize(10);
        assertThat(whole.ended()).isEqualTo("finished");
        assertThat(whole.stoppedBy()).isEmpty();
        assertThat(events).containsExactly("attached", "started", "finished", "attached", "started", "finished");
    }

    @Test
    void itEvaluatesOnceMoreAlsoWhereItStops() {
        assertThat(train(TrainingControl::evaluateNow).epochs())
                .extracting(EpochReport::step)
                .containsExactly(3L, 5L, 10L);
        final TrainingHistory stopped = train(control -> {
            control.stop();
            control.evaluateNow();
        });
        assertThat(stopped.kept().orElseThrow().step()).isEqualTo(3);
    }

    @Test
    void theRateIsScaledFromTheNextStepOnAndAnotherFactorTakesItsPlace() {
        final List<StepReport> plain = train(control -> {}).steps();
        final List<StepReport> scaled = train(control -> {
                    control.scaleLearningRate(7);
                    control.scaleLearningRate(0.5);
                })
                .steps();
        assertThat(scaled.subList(0, 3)).isEqualTo(plain.subList(0, 3));
        for (int i = 3; i < plain.size(); i++) {
            assertThat(scaled.get(i).learningRate()).isEqualTo(plain.get(i).learningRate() * 0.5);
        }
        assertThat(scaled.get(9).loss()).isNotEqualTo(plain.get(9).loss());
    }

    @Test
    void weightsAreReadByTheThreadThatTrainsOnly() {
        final Map<String, Integer> sizes = new TreeMap<>();
        final AtomicReference<Throwable> elsewhere = new AtomicReference<>();
        train(control -> {
            control.readWeights((name, values) -> sizes.put(name, values.length));
            final Thread other = new Thread(() -> control.readWeights((name, values) -> {}));
            other.setUncaughtExceptionHandler((thread, thrown) -> elsewhere.set(thrown));
            other.start();
            assertThatCode(other::join).doesNotThrowAnyException();
        });
        try (Network network = TinyNet.of(5, 1, 0)) {
            assertThat(sizes).hasSameSizeAs(network.parameters());
            network.parameters()
                    .forEach(parameter -> assertThat(sizes).containsEntry(parameter.name(), (int) parameter.count()));
        }
        assertThat(elsewhere.get())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("thread that trains");
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
    void aFactorThatIsNoPositiveNumberIsRefused(double factor) {
        assertThatThrownBy(() -> NONE.scaleLearningRate(factor))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("scaleLearningRate", "" + factor, "above 0");
    }

    @Test
    void whatEndsATrainingIsToldAndThrownOn() {
        final IllegalStateException cause = new IllegalStateException("no more");
        assertThatThrownBy(() -> train(control -> {
                    throw cause;
                }))
                .isSameAs(cause)
                .hasSuppressedException(new IllegalArgumentException("the listener's own"));
        assertThat(events).containsExactly("attached", "started", "failed: no more");
    }
}
