package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import java.util.List;
import org.junit.jupiter.api.Test;

class GradualUnfreezingTest {
    private final Parameter low = BareNet.parameter("low", 1);
    private final Parameter middle = BareNet.parameter("middle", 1);
    private final Parameter high = BareNet.parameter("high", 1);
    private final Parameter head = BareNet.parameter("head", 1);

    private Network network() {
        return BareNet.of(List.of(List.of(low), List.of(middle), List.of(high), List.of(low, head)));
    }

    @Test
    void oneMoreStageIsTrainedFromTheTopEveryFewEpochs() {
        try (Network network = network()) {
            try (GradualUnfreezing unfreezing = new GradualUnfreezing(network, 0.5)) {
                assertThat(network.trained()).containsExactly(head);
                unfreezing.reach(0.49);
                assertThat(network.trained()).containsExactly(head);
                unfreezing.reach(0.5);
                assertThat(network.trained()).containsExactly(high, head);
                unfreezing.reach(1.2);
                assertThat(network.trained()).containsExactly(middle, high, head);
                unfreezing.reach(7);
                assertThat(network.trained()).containsExactly(low, middle, high, head);
                assertThat(network.trained()).allMatch(p -> p.value().requires_grad());
            }
        }
    }

    @Test
    void whatIsFrozenTakesNoTurnAndStaysFrozen() {
        middle.setTrained(false);
        try (Network network = network()) {
            try (GradualUnfreezing unfreezing = new GradualUnfreezing(network, 1)) {
                unfreezing.reach(2);
                assertThat(network.trained()).containsExactly(low, high, head);
            }
            assertThat(network.trained()).containsExactly(low, high, head);
        }
    }

    @Test
    void theTopStageBeginsWhereTheHeadIsFrozen() {
        head.setTrained(false);
        try (Network network = network()) {
            try (GradualUnfreezing unfreezing = new GradualUnfreezing(network, 1)) {
                assertThat(network.trained()).containsExactly(high);
                unfreezing.reach(1);
                assertThat(network.trained()).containsExactly(middle, high);
                assertThat(unfreezing.warning(2)).isEmpty();
            }
        }
    }

    @Test
    void afterwardsAllIsTrainedThatWasBefore() {
        try (Network network = network()) {
            new GradualUnfreezing(network, 3).close();
            assertThat(network.trained()).hasSize(4);
        }
    }

    @Test
    void stagesThatNeverGetTheirTurnAreWarnedOf() {
        try (Network network = network();
                GradualUnfreezing unfreezing = new GradualUnfreezing(network, 1)) {
            assertThat(unfreezing.warning(1.5).orElseThrow())
                    .contains("gradualUnfreezing(1.0)", "2 of 3 stages", "0.50 epochs per stage");
            assertThat(unfreezing.warning(3)).isEmpty();
        }
    }

    @Test
    void withoutItAllIsTrainedFromTheStart() {
        try (Network network = network();
                GradualUnfreezing none = new GradualUnfreezing(network, 0)) {
            assertThat(network.trained()).hasSize(4);
            assertThat(none.warning(0)).isEmpty();
        }
    }

    @Test
    void depthIsCountedFromTheInputAndASharedWeightIsWhereItIsUsedFirst() {
        try (Network network = network()) {
            final LayerwiseRates depths = new LayerwiseRates(network);
            assertThat(network.parameters()).extracting(depths::of).containsExactly(0, 1, 2, 3);
            assertThat(network.parameters())
                    .extracting(parameter -> depths.share(parameter, 0.5))
                    .containsExactly(0.125, 0.25, 0.5, 1.0);
        }
    }
}
