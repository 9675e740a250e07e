package dev.finetune.trackers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FineTuned;
import dev.finetune.PredictionListener;
import dev.finetune.data.Text;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetersTest {
    @TempDir
    private Path folder;

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    private double shown(String name) {
        return registry.get("finetune.training.value").tag("name", name).gauge().value();
    }

    @Test
    void aTrainingIsMeasured() {
        try (FineTuned<Text> tuned = Fits.fit(folder, Meters.training(registry))) {
            final var steps = tuned.history().orElseThrow().steps();
            assertThat(shown("loss")).isEqualTo(steps.get(steps.size() - 1).loss());
            assertThat(shown("validation.accuracy"))
                    .isEqualTo(tuned.evaluation().get("accuracy"));
        }
        assertThat(registry.get("finetune.training.step").timer().count()).isEqualTo(Fits.STEPS);
        assertThat(registry.get("finetune.training.fetch").timer().count()).isEqualTo(Fits.STEPS);
        assertThat(registry.get("finetune.training.rows").counter().count()).isEqualTo(Fits.EPOCHS * 40);
    }

    @Test
    void predictionsAndTheirFailuresAreMeasured() {
        final FineTuned<Text> tuned = Fits.fit(folder, new dev.finetune.train.TrainingListener() {});
        final FineTuned<Text> watched = tuned.watched(Meters.predictions(registry));
        assertThat(watched.predict(List.of(Text.of("good"), Text.of("bad")))).hasSize(2);
        tuned.predict(Text.of("not measured"));
        final PredictionListener failing = (inputs, took) -> {
            throw new IllegalStateException("no meter");
        };
        assertThat(watched.watched(failing).predict(Text.of("fine"))).isNotNull();
        watched.close();
        assertThatThrownBy(() -> watched.predict(Text.of("late"))).isInstanceOf(IllegalStateException.class);
        assertThat(registry.get("finetune.predict")
                        .tag("outcome", "success")
                        .timer()
                        .count())
                .isEqualTo(2);
        assertThat(registry.get("finetune.predict")
                        .tag("outcome", "failure")
                        .timer()
                        .count())
                .isOne();
        assertThat(registry.get("finetune.predict.inputs").summary().totalAmount())
                .isEqualTo(4);
    }
}
