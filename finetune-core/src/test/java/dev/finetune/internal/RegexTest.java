package dev.finetune.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import dev.finetune.freeze.Freeze;
import dev.finetune.peft.Lora;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RegexTest {
    static Stream<ThrowingCallable> uses() {
        return Stream.of(
                () -> Freeze.matching("layer.(1"),
                () -> Lora.rank(4).targetsMatching("layer.(1"),
                () -> Lora.rank(4).ranks(Map.of("layer.(1", 2)),
                () -> Lora.rank(4).alphas(Map.of("layer.(1", 2.0)));
    }

    @ParameterizedTest
    @MethodSource("uses")
    void aMistakeIsToldWithItsPlaceAndHowToMendIt(ThrowingCallable use) {
        assertThatThrownBy(use)
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("\"layer.(1\" is no regular expression: Unclosed group near index 8. Mend it");
    }

    @Test
    void oneThatDoesNotEndIsStopped() {
        String layer = "bert.encoder.layer.0.attention.self.query";

        assertThat(Regex.matches("here", ".*attention.*", layer)).isTrue();
        assertThatThrownBy(() -> Regex.matches("here", "(.*)(.*)(.*)(.*)(.*)(.*)!", layer))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(
                        "here: the regular expression \"(.*)(.*)(.*)(.*)(.*)(.*)!\" doesn't come to an end on");
    }
}
