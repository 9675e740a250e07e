package dev.finetune.lm.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.golden.GoldenFolders;
import dev.finetune.head.Heads;
import dev.finetune.lm.input.LmInputs;
import dev.finetune.train.DeviceChoice;
import dev.finetune.train.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows of so many tokens that attention is computed in pieces. */
class LongRowsTest {
    private static final Dataset<Text> TEXTS = Dataset.of(
            Text.class,
            List.of(
                    new Example<>(Text.of("great sound , weak bass ".repeat(60)), Label.none()),
                    new Example<>(Text.of("a fair price ".repeat(50)), Label.none())));

    @TempDir
    Path folder;

    @BeforeEach
    void allowLongRows() throws IOException {
        try (Stream<Path> files =
                Files.list(GoldenFolders.all().get("llama-causal-lm").resolve("model"))) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        final Path config = folder.resolve("config.json");
        Files.writeString(
                config,
                Files.readString(config)
                        .replace("\"max_position_embeddings\": 64", "\"max_position_embeddings\": 256"));
    }

    private FineTuner tuner() {
        return FineTuner.from(folder)
                .head(Heads.causalLm())
                .device(DeviceChoice.CPU)
                .maxLength(256)
                .batchSize(2)
                .epochs(1);
    }

    @Test
    void areEvaluatedInBfloat16AsInFloats() {
        try (FineTuned<Text> floats = tuner().fit(TEXTS, TEXTS);
                FineTuned<Text> halves = tuner().precision(Precision.BFLOAT16).fit(TEXTS, TEXTS)) {
            assertThat(halves.evaluation().get("loss"))
                    .isCloseTo(floats.evaluation().get("loss"), within(0.01));
        }
    }

    @Test
    void ofOneTextEachCanBeKeptApartWithoutBeingPacked() {
        try (FineTuned<Text> plain = tuner().fit(TEXTS, TEXTS);
                FineTuned<Text> apart =
                        tuner().inputs(LmInputs.rows().keptApart()).fit(TEXTS, TEXTS)) {
            assertThat(apart.evaluation().get("loss"))
                    .isCloseTo(plain.evaluation().get("loss"), within(1e-4));
        }
    }
}
