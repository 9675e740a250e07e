package dev.finetune.internal.run;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.calibration.Calibration;
import dev.finetune.checkpoint.Weights;
import dev.finetune.data.SquadFiles;
import dev.finetune.data.TextFiles;
import dev.finetune.data.TokenFiles;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Pooling;
import dev.finetune.internal.Pipe;
import dev.finetune.spi.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pipes and devices are refused where files are read: opening the one, and reading the other, would never end. */
@DisabledOnOs(OS.WINDOWS)
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PipesTest {
    private static final Map<String, Consumer<Path>> READERS = Map.ofEntries(
            Map.entry("rows.csv", path -> TextFiles.csv(path).text("a").unlabelled()),
            Map.entry("rows.tsv", path -> TextFiles.tsv(path).text("a").unlabelled()),
            Map.entry("rows.jsonl", path -> TextFiles.jsonLines(path).text("a").unlabelled()),
            Map.entry("words.conll", path -> TokenFiles.conll(path).unlabelled()),
            Map.entry("words.conllu", path -> TokenFiles.conllu(path).unlabelled()),
            Map.entry("words.jsonl", path -> TokenFiles.jsonLines(path).unlabelled()),
            Map.entry("squad.json", path -> SquadFiles.json(path).unlabelled()),
            Map.entry("model.safetensors", Weights::open),
            Map.entry("model.safetensors.index.json", Weights::open),
            Map.entry("pytorch_model.bin", Weights::open),
            Map.entry("config.json", path -> ModelConfig.read(folder(path))),
            Map.entry("calibration.json", path -> Calibration.read(folder(path))),
            Map.entry("finetune.json", path -> ModelRecord.maxLength(folder(path))),
            Map.entry("adapter_config.json", path -> AdapterFiles.read(folder(path))),
            Map.entry("modules.json", path -> SentenceModules.difference(folder(path), Pooling.MEAN, true)));

    @TempDir
    private Path folder;

    private static Path folder(Path file) {
        return file.resolveSibling("");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rows.csv",
                "rows.tsv",
                "rows.jsonl",
                "words.conll",
                "words.conllu",
                "words.jsonl",
                "squad.json",
                "model.safetensors",
                "model.safetensors.index.json",
                "pytorch_model.bin",
                "config.json",
                "calibration.json",
                "finetune.json",
                "adapter_config.json",
                "modules.json"
            })
    void whatIsNoFileIsRefused(String name) throws IOException {
        assertRefused(name, Pipe.make(folder.resolve(name)));
        Files.delete(folder.resolve(name));
        assertRefused(name, Files.createSymbolicLink(folder.resolve(name), Path.of("/dev/zero")));
        Files.delete(folder.resolve(name));
    }

    private static void assertRefused(String name, Path path) {
        assertThatThrownBy(() -> READERS.get(name).accept(path))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(name + " is a pipe, a device or a socket");
    }
}
