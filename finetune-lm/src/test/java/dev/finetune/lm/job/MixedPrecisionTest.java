package dev.finetune.lm.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.generate.Generation;
import dev.finetune.golden.GoldenFolders;
import dev.finetune.head.Heads;
import dev.finetune.train.Precision;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Language models computed in bfloat16, as autocast does. */
class MixedPrecisionTest {
    private static final Dataset<Text> TEXTS = Dataset.of(
            Text.class,
            Stream.of("the sky is blue", "two and two is four", "the sky is grey ".repeat(30))
                    .map(text -> new Example<>(Text.of(text), Label.none()))
                    .toList());

    @ParameterizedTest
    @ValueSource(strings = {"gpt2-causal-lm", "llama-causal-lm", "qwen3-causal-lm"})
    void trainingEvaluationAndWritingAreNearThoseInFloat32(String model) {
        final double exact = loss(model, Precision.FLOAT32);
        assertThat(loss(model, Precision.BFLOAT16)).isCloseTo(exact, within(0.02 * exact));
    }

    private static double loss(String model, Precision precision) {
        try (FineTuned<Text> tuned = FineTuner.from(
                        GoldenFolders.all().get(model).resolve("model"))
                .head(Heads.causalLm())
                .precision(precision)
                .maxSteps(2)
                .fit(TEXTS, TEXTS)) {
            assertThat(tuned.generate(Text.of("the sky"), Generation.greedy().maxNewTokens(3))
                            .ids())
                    .isNotEmpty();
            return tuned.evaluation().get("loss");
        }
    }
}
