package dev.finetune.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonParser;
import dev.finetune.calibration.Calibration;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelConfigTest {
    @TempDir
    private Path directory;

    private static ModelConfig config(String value) {
        return ModelConfig.of(
                Path.of("config.json"),
                JsonParser.parseString("{\"key\": " + value + "}").getAsJsonObject());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "4294967298",
                "1.9",
                "1e400",
                "-1e999999999",
                "\"12\"",
                "NaN",
                "[2]",
                "true",
                "99999999999999999999"
            })
    void aWholeNumberIsNeverCutOrWrapped(String value) {
        assertThatThrownBy(() -> config(value).integer("key", 0))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("config.json: \"key\" should be a whole number");
    }

    @Test
    void wholeNumbersMayBeWrittenWithAFraction() {
        assertThat(config("12.0").integer("key", 0)).isEqualTo(12);
        assertThat(config("1e3").integer("key", 0)).isEqualTo(1000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"NaN", "\"NaN\"", "Infinity", "1e400", "{}", "[1.0]"})
    void aNumberIsFinite(String value) {
        assertThatThrownBy(() -> config(value).number("key", 0))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("\"key\" should be a finite number");
    }

    /** As in Transformers 5.18, whose num_labels sets names anew where there aren't as many. */
    @Test
    void outputsHaveTheirNamesWhereThereAreAsManyAsNumLabelsSays() {
        final String names = "\"id2label\": {\"0\": \"bad\", \"1\": \"good\"}";
        assertThat(whole("{" + names + "}").outputNames()).containsExactly("bad", "good");
        assertThat(whole("{\"num_labels\": 2, " + names + "}").outputNames()).containsExactly("bad", "good");
        assertThat(whole("{\"num_labels\": 3, " + names + "}").outputNames())
                .containsExactly("LABEL_0", "LABEL_1", "LABEL_2");
        assertThat(whole("{\"num_labels\": 1}").outputNames()).containsExactly("LABEL_0");
        assertThat(whole("{}").outputNames()).containsExactly("LABEL_0", "LABEL_1");
    }

    private static ModelConfig whole(String json) {
        return ModelConfig.of(
                Path.of("config.json"), JsonParser.parseString(json).getAsJsonObject());
    }

    @Test
    void outputsAreCountedBeforeTheyGetNames() {
        assertThatThrownBy(() -> config("2000000000").outputs("key", 2))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("at most 1000000 outputs");
    }

    @Test
    void deepNestingIsRefusedWithoutOverflowingTheStack() throws IOException {
        Files.writeString(directory.resolve("config.json"), "{\"a\":" + "[".repeat(100_000));

        assertThatThrownBy(() -> ModelConfig.read(directory)).isInstanceOf(FinetuneException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"temperature\":2.0,\"thresholds\":[null]}",
                "{\"temperature\":{\"height\":3},\"thresholds\":[]}",
                "{\"temperature\":1e400,\"thresholds\":[]}",
                "{\"temperature\":1}"
            })
    void aCalibrationOfOtherThingsThanNumbersIsRefusedByName(String json) throws IOException {
        Files.writeString(directory.resolve(Calibration.FILE), json);

        assertThatThrownBy(() -> Calibration.read(directory))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("calibration.json");
    }
}
