package dev.finetune.lm.seq2seq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.freeze.Freeze;
import dev.finetune.freeze.Layers;
import dev.finetune.golden.GoldenDevice;
import dev.finetune.head.Heads;
import dev.finetune.head.Prediction;
import dev.finetune.nn.Parameter;
import dev.finetune.train.StepReport;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole jobs with encoders and decoders. */
class Seq2SeqTrainingTest {
    private static final List<String> WORDS = List.of("great sound", "weak bass", "fair price", "slow mail");

    private static Dataset<Text> data() {
        final List<Example<Text>> examples = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            final String said = WORDS.get(i % 4);
            examples.add(new Example<>(
                    Text.of("the product arrived on time , " + said + (i % 2 == 0 ? " and" : "")),
                    Label.completion(said)));
        }
        return Dataset.of(Text.class, examples);
    }

    private static FineTuned<Text> tuned(String name, UnaryOperator<FineTuner> more) {
        return more.apply(FineTuner.from(Seq2SeqCases.model(name))
                        .head(Heads.seq2SeqLm())
                        .maxLength(32)
                        .lr(3e-3)
                        .epochs(2)
                        .batchSize(6)
                        .device(GoldenDevice.choice()))
                .fitAll(data());
    }

    private static double[] losses(FineTuned<Text> tuned) {
        return tuned.history().orElseThrow().steps().stream()
                .mapToDouble(StepReport::loss)
                .toArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {"t5-summarization", "bart-summarization"})
    void aModelLearnsToWriteATextForAText(String name) {
        try (FineTuned<Text> before = FineTuner.from(Seq2SeqCases.model(name))
                        .maxLength(32)
                        .device(GoldenDevice.choice())
                        .untrained(Text.class);
                FineTuned<Text> tuned = tuned(name, tuner -> tuner)) {
            assertThat(before.evaluate(data()).names()).contains("loss", "perplexity", "accuracy");
            assertThat(tuned.evaluate(data()).get("loss"))
                    .isLessThan(0.8 * before.evaluate(data()).get("loss"));
            assertThat(tuned.predict(Text.of("the product arrived on time , great sound and"))
                            .as(Prediction.Fills.class)
                            .places())
                    .hasSize(1); // The token that comes first.
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"t5-summarization", "bart-summarization"})
    void whatAFrozenEncoderGaveIsKeptAndChangesNothing(String name) {
        final UnaryOperator<FineTuner> frozen = tuner -> tuner.freeze(Layers.upTo("encoder.layer.1"));
        try (FineTuned<Text> kept = tuned(name, frozen);
                FineTuned<Text> computed =
                        tuned(name, tuner -> frozen.apply(tuner).execution(e -> e.keepFrozenOutputs(false)))) {
            assertThat(losses(kept)).containsExactly(losses(computed), within(1e-5));
            final List<String> trained = kept.assembly().network().trained().stream()
                    .map(Parameter::name)
                    .toList();
            assertThat(trained).isNotEmpty().allMatch(each -> each.contains("decoder."));
        }
    }

    @Test
    void layersAreFrozenSideBySide() {
        try (FineTuned<Text> tuned = FineTuner.from(Seq2SeqCases.model("t5-relu"))
                .freeze(Freeze.firstLayers(3))
                .device(GoldenDevice.choice())
                .untrained(Text.class)) {
            // The decoder's layers lie above all of the encoder's.
            assertThat(tuned.assembly().network().trained().stream().map(Parameter::name))
                    .isNotEmpty()
                    .allMatch(each -> each.matches("decoder\\.(block\\.[12]|final_layer_norm).*"));
        }
    }

    @Test
    void whatIsTooLongIsCutAndCounted() {
        try (FineTuned<Text> tuned = FineTuner.from(Seq2SeqCases.model("t5-relu"))
                .head(Heads.seq2SeqLm().withMaxTarget(3))
                .maxLength(8)
                .device(GoldenDevice.choice())
                .untrained(Text.class)) {
            final var encoder = (Seq2SeqEncoder) tuned.assembly().encoder();
            final var rows = encoder.encode(List.of(
                    new Example<>(Text.of("price"), Label.completion("price and time again")),
                    new Example<>(Text.of("price"), Label.none()),
                    new Example<>(Text.of("the product arrived on time again and again and again"), Label.none())));
            assertThat(encoder.truncated()).isEqualTo(2);
            assertThat(rows.get(2).length()).isEqualTo(8);
            assertThatThrownBy(() -> encoder.collate(rows, dev.finetune.batch.CollateContext.predicting()))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("of 3 here 2 have none");
            assertThatThrownBy(() -> encoder.encode(List.of(new Example<>(Text.of("price"), Label.of("good")))))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("learns from Label.completion(...)");
        }
    }
}
