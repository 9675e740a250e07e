package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RehearsalTest {
    private static Rehearsal.FirstStep made(double seconds, double againSeconds) {
        return new Rehearsal.FirstStep(
                new StepReport(1, 0, 0.7, 1, 1e-3, 8), seconds, againSeconds, Optional.empty(), List.of());
    }

    @Test
    void whatAFirstStepTakesBeyondLaterOnesIsTheStart() {
        assertThat(Rehearsal.start(made(1.1, 0.2), 0.15)).isCloseTo(0.9, within(1e-9));
        assertThat(Rehearsal.start(made(1.1, 0.002), 0.2))
                .as("the second step read what frozen stages gave in the first")
                .isCloseTo(0.9, within(1e-9));
        assertThat(Rehearsal.start(made(0.1, 0.2), 0.15)).isZero();
    }
}
