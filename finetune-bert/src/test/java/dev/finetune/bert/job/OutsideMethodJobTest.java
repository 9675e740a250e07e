package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.example.loha.Loha;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.checkpoint.Weights;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.nn.Parameter;
import dev.finetune.peft.Lora;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A way to adapt a model that comes from outside the library, with its own file format, or without one. */
class OutsideMethodJobTest {
    @TempDir
    private Path folder;

    @Test
    void itLearnsIsMergedSavedAndLoadedAsThoseOfTheLibrary() throws IOException {
        final FineTuner tuner = Jobs.classifier().lr(1e-2).epochs(8).adapt(Loha.rank(4));
        try (FineTuned<Text> tuned = tuner.fit(Jobs.data(160, 1), Jobs.data(40, 2));
                FineTuned<Text> start = tuner.untrained(Text.class)) {
            assertThat(tuned.evaluation().get("accuracy")).isGreaterThan(0.9);
            final Map<String, float[]> before = Jobs.weights(start);
            Jobs.weights(tuned).forEach((name, values) -> {
                final boolean learns = name.contains("hada_") || name.startsWith("classifier");
                assertThat(Arrays.equals(values, before.get(name))).as(name).isEqualTo(!learns);
            });

            final double beside = tuned.evaluate(Jobs.data(40, 2)).get("loss");
            tuned.saveAdapter(folder.resolve("adapter"));
            assertThat(folder.resolve("adapter/adapter_config.json"))
                    .content()
                    .contains("\"peft_type\": \"LOHA\"", "\"r\": 4", "\"alpha\": 8.0");
            try (Weights written = Weights.open(folder.resolve("adapter/adapter_model.safetensors"))) {
                assertThat(written.names())
                        .contains(
                                "base_model.model.bert.encoder.layer.0.attention.self.query.hada_w1_a",
                                "base_model.model.classifier.weight");
            }
            try (FineTuned<Text> again =
                    Jobs.classifier().adapter(folder.resolve("adapter")).untrained(Text.class)) {
                assertThat(again.evaluate(Jobs.data(40, 2)).get("loss")).isEqualTo(beside);
            }
            tuned.mergeAdapter();
            assertThat(tuned.evaluate(Jobs.data(40, 2)).get("loss")).isCloseTo(beside, within(1e-5));
            tuned.save(folder.resolve("merged"));
        }
        try (FineTuned<Text> merged = FineTuned.load(folder.resolve("merged"), Text.class)) {
            assertThat(merged.assembly().network().parameters())
                    .extracting(Parameter::name)
                    .noneMatch(name -> name.contains("hada_"));
        }
    }

    @Test
    void withoutAFileFormatTheMergedModelAloneIsSaved() {
        try (FineTuned<Text> tuned =
                Jobs.classifier().adapt(Loha.rank(2).notSaved()).fitAll(Jobs.data(16, 1))) {
            assertThatThrownBy(() -> tuned.saveAdapter(folder.resolve("adapter")))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContainingAll("no file format for Loha", "save(...)");
            tuned.save(folder.resolve("merged"));
            try (FineTuned<Text> merged = FineTuned.load(folder.resolve("merged"), Text.class)) {
                assertThat(merged.evaluate(Jobs.data(16, 2)).get("loss"))
                        .isCloseTo(tuned.evaluate(Jobs.data(16, 2)).get("loss"), within(1e-5));
            }
        }
    }

    @Test
    void anUnknownFormatIsRefusedWithThoseThatAreKnown() throws IOException {
        Files.writeString(folder.resolve("adapter_config.json"), "{\"peft_type\": \"VERA\", \"r\": 4}");
        assertThatThrownBy(() -> Jobs.classifier().adapter(folder))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("\"VERA\" is not supported", "LORA", "IA3", "LOHA");
        Files.writeString(
                folder.resolve("adapter_config.json"),
                "{\"peft_type\": \"LOHA\", \"target_modules\": [\"query\"], \"use_effective_conv2d\": true}");
        assertThatThrownBy(() -> Jobs.classifier().adapter(folder))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("use_effective_conv2d");
        assertThatThrownBy(() -> Jobs.classifier().lora(Lora.rank(2)).adapt(Loha.rank(2)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("lora(...) and adapt(...) both say");
    }
}
