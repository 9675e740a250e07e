package dev.finetune.examples.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.google.gson.JsonObject;
import dev.finetune.examples.CommandLineRun;
import dev.finetune.examples.ImagesCommand;
import java.nio.file.Path;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class ImageBenchTest {
    @ParameterizedTest
    @CsvSource({
        "resnet18, 11689512",
        "resnet34, 21797672",
        "resnet50, 25557032",
        "resnet101, 44549160",
        "wide_resnet50_2, 68883240",
        "resnext50_32x4d, 25028904"
    })
    void theTimedNetworksHaveAsManyParametersAsThoseOfTorchvision(String name, long parameters) {
        final long counted = ResNetShape.named(name).tensors(1000).entrySet().stream()
                .filter(tensor -> !tensor.getKey().contains("running"))
                .mapToLong(tensor -> LongStream.of(tensor.getValue()).reduce(1, (a, b) -> a * b))
                .sum();

        assertThat(counted).isEqualTo(parameters);
    }

    @Test
    void aStepIsTimedAndToldWithTheKeysOfThePeer() {
        final JsonObject json = CommandLineRun.of(
                        "bench",
                        "resnet-step",
                        "--arch",
                        "resnet18",
                        "--batch",
                        "2",
                        "--size",
                        "32",
                        "--steps",
                        "1",
                        "--warmup",
                        "1",
                        "--channels-last",
                        "1",
                        "--freeze",
                        "backbone")
                .well()
                .json();

        assertThat(json.get("what").getAsString()).isEqualTo("resnet_step");
        assertThat(json.get("ms_per_step").getAsDouble()).isPositive();
        assertThat(json.keySet())
                .contains(
                        "samples_per_s",
                        "peak_rss_mb",
                        "arch",
                        "batch",
                        "size",
                        "steps",
                        "channels_last",
                        "freeze",
                        "warmup",
                        "classes",
                        "device",
                        "dtype");
    }

    @Test
    void aMisspeltNetworkIsNamedWithThoseThatThereAre() {
        assertThat(CommandLineRun.of("bench", "resnet-step", "--arch", "resnet19")
                        .errors())
                .contains("--arch resnet19")
                .contains("resnext50_32x4d");
    }

    @Test
    void theOptionsOfTheTableAreUnderstoodByTheCommand() {
        for (ImageTransfer transfer : ImageTransfer.ALL) {
            for (ImageTransfer.Run run : transfer.runs()) {
                final String[] options = transfer.ours(run, Path.of("models"), Path.of("data"), 1)
                        .toArray(new String[0]);
                assertThatCode(() -> new CommandLine(new ImagesCommand()).parseArgs(options))
                        .doesNotThrowAnyException();
            }
        }
    }
}
