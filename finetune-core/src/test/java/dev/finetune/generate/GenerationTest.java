package dev.finetune.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class GenerationTest {
    @Test
    void whatNobodySaysIsAsInTransformers() {
        final Generation none = Generation.asTheModel();
        assertThat(none.samples()).isFalse();
        assertThat(none.beams()).isEqualTo(1);
        assertThat(none.temperature()).isEqualTo(1);
        assertThat(none.topK()).isEqualTo(50);
        assertThat(none.topP()).isEqualTo(1);
        assertThat(none.repetitionPenalty()).isEqualTo(1);
        assertThat(none.lengthPenalty()).isEqualTo(1);
        assertThat(none.earlyStopping()).isEqualTo(BeamStop.WHEN_UNLIKELY_BETTER);
        assertThat(none.newTokensAfter(1000)).isEqualTo(20);
        assertThat(none.leastNewTokensAfter(3)).isZero();
        assertThat(none.fields()).isEmpty();
        assertThat(none).hasToString("as the model says");
    }

    @Test
    void anotherVariantLeavesTheFirstAsItIs() {
        final Generation first = Generation.sampled().temperature(0.7);
        assertThat(first.temperature(0.3).temperature()).isEqualTo(0.3);
        assertThat(first.temperature()).isEqualTo(0.7);
        assertThat(first).isEqualTo(Generation.sampled().temperature(0.7)).isNotEqualTo(first.topK(3));
        assertThat(first.seed(5).fields()).isEqualTo(Map.of("do_sample", true, "num_beams", 1, "temperature", 0.7));
    }

    @Test
    void whatACallSaysGoesBeforeWhatTheModelSays() {
        final Generation model =
                Generation.sampled().temperature(0.6).topP(0.9).maxNewTokens(7).stopTokens(2);
        assertThat(Generation.greedy().maxLength(30).orElse(model))
                .isEqualTo(Generation.asTheModel()
                        .temperature(0.6)
                        .topP(0.9)
                        .maxLength(30)
                        .maxNewTokens(7)
                        .stopTokens(2)
                        .orElse(Generation.greedy()));
        assertThat(Generation.sampled().temperature(1).orElse(model).temperature())
                .isEqualTo(1);
        assertThat(Generation.asTheModel().orElse(model)).isEqualTo(model);
    }

    @Test
    void lengthsCountThePromptOrDoNot() {
        final Generation whole = Generation.greedy().maxLength(30).minLength(10);
        assertThat(whole.newTokensAfter(12)).isEqualTo(18);
        assertThat(whole.leastNewTokensAfter(4)).isEqualTo(6);
        assertThat(whole.leastNewTokensAfter(12)).isZero();
        assertThat(whole.maxNewTokens(5).newTokensAfter(100)).isEqualTo(5);
        assertThat(whole.minNewTokens(3).leastNewTokensAfter(100)).isEqualTo(3);
        refused(() -> whole.newTokensAfter(30), "The prompt has 30 tokens", "maxNewTokens");
    }

    private static void refused(ThrowingCallable call, String... words) {
        assertThatThrownBy(call).isInstanceOf(FinetuneException.class).message().contains(List.of(words));
    }

    @Test
    void whatIsNoSettingIsRefusedInWords() {
        final Generation sampled = Generation.sampled();
        refused(() -> Generation.beams(0), "1 beam at least, not 0");
        refused(() -> sampled.temperature(0), "above 0, not 0.0", "Generation.greedy()");
        refused(() -> sampled.temperature(Double.NaN), "NaN");
        refused(() -> sampled.topK(-1), "topK is 0 at least, not -1");
        refused(() -> sampled.topP(1.1), "topP lies between 0 and 1, not 1.1");
        refused(() -> sampled.minP(Double.NaN), "minP", "NaN");
        refused(() -> sampled.repetitionPenalty(-1), "repetition penalty", "-1");
        refused(() -> sampled.maxNewTokens(0), "maxNewTokens is 1 at least");
        refused(() -> Generation.greedy().promptLookup(-1), "promptLookup is 0 at least");
        refused(() -> sampled.stopAt(new String[0]), "found []");
        refused(() -> sampled.stopAt("a", ""), "a character or more");
        refused(() -> sampled.stopTokens(new int[0]), "found []");
        refused(() -> sampled.stopTokens(3, -1), "[3, -1]");
        refused(() -> sampled.sequences(0), "sequences is 1 at least");
        refused(() -> Generation.beams(2).lengthPenalty(Double.POSITIVE_INFINITY), "finite");
    }

    @Test
    void settingsThatWouldChangeNothingOrContradictEachOtherAreRefused() {
        refused(() -> Generation.greedy().temperature(0.5), "Generation.sampled()");
        refused(() -> Generation.beams(2).seed(1), "Generation.sampled()");
        refused(() -> Generation.sampled().lengthPenalty(2), "Generation.beams(n)");
        refused(() -> Generation.greedy().earlyStopping(BeamStop.WHEN_FULL), "Generation.beams(n)");
        refused(() -> Generation.greedy().sequences(2), "one text, not 2");
        refused(() -> Generation.beams(2).promptLookup(5), "Generation.greedy()");
        assertThat(Generation.beams(2).promptLookup(0).promptLookup()).isZero();
        refused(() -> Generation.beams(3).sequences(4), "3 texts at most, not 4");
        refused(() -> Generation.greedy().minNewTokens(5).maxNewTokens(4), "At least 5 new tokens");
        refused(() -> Generation.greedy().maxLength(4).minLength(5), "maxLength");
        refused(() -> Generation.beams(2).orElse(Generation.asTheModel().sequences(3)), "2 texts at most");
    }
}
