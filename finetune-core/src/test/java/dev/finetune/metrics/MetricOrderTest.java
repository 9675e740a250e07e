package dev.finetune.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MetricOrderTest {
    private static final Metrics METRICS =
            new Metrics(Map.of("loss", 0.5, "wer", 0.1, "bleu", 0.3)).lowerIsBetter("wer");

    @Test
    void lossesAreBetterTheLowerTheyAreAndSoIsWhatSaysSoOfItself() {
        assertThat(METRICS.order("loss").higherIsBetter()).isFalse();
        assertThat(METRICS.order("wer").higherIsBetter()).isFalse();
        assertThat(METRICS.order("bleu").higherIsBetter()).isTrue();
        assertThat(METRICS.order("wer").isBetter(0.1, 0.2, 0)).isTrue();
        assertThat(METRICS.order("wer").isBetter(0.15, 0.2, 0.1)).isFalse();
        assertThat(METRICS.order("bleu").isBetter(0.1, 0.2, 0)).isFalse();
    }

    @Test
    void theBestComesFirstAndNoNumberLast() {
        assertThat(Stream.of(Double.NaN, 0.3, 0.1, Double.POSITIVE_INFINITY, 0.2)
                        .sorted(METRICS.order("wer")))
                .startsWith(0.1, 0.2, 0.3);
        assertThat(Stream.of(Double.NaN, 0.3, 0.1, 0.2).sorted(METRICS.order("bleu")))
                .containsExactly(0.3, 0.2, 0.1, Double.NaN);
    }

    @Test
    void whatIsDerivedOrReadFromACheckpointKnowsItToo() {
        assertThat(METRICS.with("more", 1).order("wer").higherIsBetter()).isFalse();
        assertThat(MetricsState.of(MetricsState.toJson(METRICS)).order("wer").higherIsBetter())
                .isFalse();
        assertThat(MetricsState.of(MetricsState.toJson(METRICS)).order("bleu").higherIsBetter())
                .isTrue();
    }

    @Test
    void aMetricThatThereIsNotIsRefused() {
        assertThatThrownBy(() -> METRICS.order("f1"))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("\"f1\"")
                .hasMessageContaining("bleu");
        assertThatThrownBy(() -> METRICS.lowerIsBetter("f1")).isInstanceOf(FinetuneException.class);
    }
}
