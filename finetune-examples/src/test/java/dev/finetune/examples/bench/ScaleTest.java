package dev.finetune.examples.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class ScaleTest {
    @Test
    void aStepIsWhatItTakesBesideItsRowsAndSoMuchForEachRow() {
        final ScaleModel model = ScaleModel.of(8, 1.0, 0.6);
        assertThat(model.perRow()).isCloseTo(0.1, within(1e-12));
        assertThat(model.fixed()).isCloseTo(0.2, within(1e-12));
        assertThat(model.compute(2)).isCloseTo(0.4, within(1e-12));
    }

    @Test
    void anExchangeIsALineThroughTheSmallestAndTheLargest() {
        final ScaleModel.Exchange exchange =
                ScaleModel.Exchange.of(new TreeMap<>(Map.of(0.0, 0.001, 100.0, 0.5, 400.0, 0.201)));
        assertThat(exchange.latency()).isCloseTo(0.001, within(1e-12));
        assertThat(exchange.bandwidth()).isCloseTo(2e9, within(1.0));
        assertThat(exchange.seconds(2e9)).isCloseTo(1.001, within(1e-9));
    }

    @Test
    void aRingTakesTwiceTheBytesAndTwoMessagesForEachNeighbour() {
        assertThat(ScaleModel.Exchange.ring(2, 1e9, 1e-4).seconds(1e9)).isCloseTo(1 + 2e-4, within(1e-9));
        assertThat(ScaleModel.Exchange.ring(8, 1e9, 1e-4).seconds(1e9)).isCloseTo(1.75 + 14e-4, within(1e-9));
    }
}
