package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.Freeze;
import dev.finetune.Prediction;
import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What frozen layers give is kept; with dropout off, that changes nothing but the time. */
class FrozenOutputsTest {
    static Stream<Arguments> frozen() {
        return Stream.of(
                Arguments.of("embeddings", Freeze.embeddings(), false),
                Arguments.of("two layers", Freeze.firstLayers(2), false),
                Arguments.of("two layers, checkpointing", Freeze.firstLayers(2), true),
                Arguments.of("all but the head", Freeze.allButHead(), false));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("frozen")
    void keepingThemAgreesWithComputingThem(String what, Freeze freeze, boolean checkpointing) {
        final Dataset<Text> train = Jobs.data(60, 1);
        final Dataset<Text> validation = Jobs.data(20, 2);
        FineTuner tuner = Jobs.classifier().dropout(0).freeze(freeze).lr(1e-3).epochs(3);
        if (checkpointing) {
            tuner = tuner.gradientCheckpointing();
        }
        try (FineTuned<Text> keeping = tuner.fit(train, validation);
                FineTuned<Text> computing = tuner.keepFrozenOutputs(false).fit(train, validation)) {
            final List<Double> ours = Jobs.losses(keeping);
            final List<Double> plain = Jobs.losses(computing);
            assertThat(ours).hasSameSizeAs(plain).hasSizeGreaterThan(10);
            for (int i = 0; i < ours.size(); i++) {
                assertThat(ours.get(i)).as("step %d", i).isCloseTo(plain.get(i), within(1e-5));
            }
            assertThat(keeping.evaluation().get("loss"))
                    .isCloseTo(computing.evaluation().get("loss"), within(1e-5));
            final Text text = Jobs.texts(1, 5).get(0);
            final Prediction.Category one = (Prediction.Category) keeping.predict(text);
            final Prediction.Category other = (Prediction.Category) computing.predict(text);
            one.probabilities()
                    .forEach((label, p) ->
                            assertThat(p).isCloseTo(other.probabilities().get(label), within(1e-5)));
        }
    }
}
