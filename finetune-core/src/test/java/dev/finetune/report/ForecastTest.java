package dev.finetune.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.record.FittedModel;
import dev.finetune.train.Rehearsal;
import dev.finetune.train.TrainingListener;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ForecastTest {
    @Test
    void timeIsThatOfTheStartOfAllEpochsAndOfAllEvaluations() {
        final Forecast forecast = new Forecast(
                new FittedModel(
                        "base",
                        "Classification",
                        "one of 2 classes",
                        List.of("a", "b"),
                        "accuracy",
                        Optional.empty(),
                        ""),
                List.of(),
                List.of(),
                new Rehearsal.Planned(
                        new TrainingListener.Plan(80, 20, 30, 10, 100, "accuracy"), 10, 3, Optional.empty(), List.of()),
                new Rehearsal.Costs(0.9, List.of(0.2, 0.01), 1.5, 0.1, 0),
                "the CPU",
                2,
                0.5,
                Optional.empty(),
                List.of());
        assertThat(forecast.trainingSeconds()).isCloseTo(0.9 + 10 * 0.2 + 20 * 0.01, within(1e-9));
        assertThat(forecast.evaluationSeconds()).isCloseTo(1.5 + 2 * 0.1, within(1e-9));
        assertThat(forecast.seconds()).isCloseTo(2.5 + 3.1 + 1.7, within(1e-9));
    }
}
