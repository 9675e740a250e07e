package dev.finetune.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class EntityMetricsTest {
    @Test
    void anEntityCountsOnlyIfTypeAndBothEndsAreRight() {
        final EntityMetrics metrics = new EntityMetrics();
        metrics.add(
                List.of("O", "O", "O", "B-MISC", "I-MISC", "I-MISC", "O"),
                List.of("O", "O", "B-MISC", "I-MISC", "I-MISC", "I-MISC", "O"));
        metrics.add(List.of("B-PER", "I-PER", "O"), List.of("B-PER", "I-PER", "O"));
        final Metrics result = metrics.result();
        assertThat(result.get("precision")).isEqualTo(0.5);
        assertThat(result.get("recall")).isEqualTo(0.5);
        assertThat(result.get("f1")).isEqualTo(0.5);
        assertThat(result.get("accuracy")).isCloseTo(0.8, within(1e-12));
        assertThat(result.get("f1_macro")).isEqualTo(0.5);
    }

    @Test
    void anInsideTagWithoutABeginningBeginsAnEntity() {
        assertThat(EntityMetrics.entities(List.of("I-LOC", "I-LOC", "O", "I-PER")))
                .containsExactly(new EntityMetrics.Entity("LOC", 0, 1), new EntityMetrics.Entity("PER", 3, 3));
    }

    @Test
    void neighboursOfOneTypeAreToldApartByTheirBeginnings() {
        assertThat(EntityMetrics.entities(List.of("B-LOC", "B-LOC", "I-LOC", "I-PER")))
                .containsExactly(
                        new EntityMetrics.Entity("LOC", 0, 0),
                        new EntityMetrics.Entity("LOC", 1, 2),
                        new EntityMetrics.Entity("PER", 3, 3));
    }

    @Test
    void typesMayHoldDashesAndIobesEndsEntities() {
        assertThat(EntityMetrics.entities(
                        List.of("S-creative-work", "B-creative-work", "E-creative-work", "I-creative-work")))
                .containsExactly(
                        new EntityMetrics.Entity("creative-work", 0, 0),
                        new EntityMetrics.Entity("creative-work", 1, 2),
                        new EntityMetrics.Entity("creative-work", 3, 3));
    }

    @Test
    void sentencesWithoutEntitiesScoreZeroAndNotNaN() {
        final EntityMetrics metrics = new EntityMetrics();
        metrics.add(List.of("O"), List.of("O"));
        assertThat(metrics.result().get("f1")).isZero();
    }
}
