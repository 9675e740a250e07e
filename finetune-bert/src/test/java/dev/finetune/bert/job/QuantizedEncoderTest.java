package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.nn.Parameter;
import dev.finetune.peft.Lora;
import dev.finetune.peft.Quantized;
import dev.finetune.train.DeviceChoice;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An encoder's adapter beside a base in 8 or 4 bits. */
class QuantizedEncoderTest {
    @TempDir
    Path folder;

    private static FineTuner tuner(Quantized format) {
        return Jobs.classifier().device(DeviceChoice.CPU).lora(Lora.rank(4)).base(format);
    }

    @ParameterizedTest
    @EnumSource
    void theTrunkIsPackedAndItsHeadAndAdapterLearn(Quantized format) {
        final Dataset<Text> data = Jobs.data(48, 1);
        try (FineTuned<Text> tuned = tuner(format).lr(1e-2).epochs(8).fitAll(data)) {
            final List<Parameter> packed = tuned.assembly().network().parameters().stream()
                    .filter(parameter -> parameter.packed().isPresent())
                    .toList();
            assertThat(packed)
                    .isNotEmpty()
                    .allMatch(parameter -> parameter.name().contains("encoder.layer.")
                            || parameter.name().contains("pooler"));
            assertThat(tuned.evaluate(data).get("accuracy")).isGreaterThan(0.9);
        }
    }

    @Test
    void itIsntExportedAsAWholeModel() {
        try (FineTuned<Text> tuned = tuner(Quantized.nf4()).maxSteps(1).fitAll(Jobs.data(48, 1))) {
            assertThatThrownBy(() -> tuned.exportOnnx(folder.resolve("onnx")))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("exportOnnx(...)")
                    .hasMessageContaining("4 bits (NF4)");
        }
    }
}
