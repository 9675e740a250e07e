package dev.finetune.vision.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.checkpoint.Weights;
import dev.finetune.vision.Image;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Pictures become the numbers that Transformers' image processor makes of them. */
@Tag("golden")
final class GoldenPixelsTest {
    record Case(Path images, Path preprocessor, Path expected) {}

    static Stream<Case> cases() throws Exception {
        Path own = References.resource("golden-pixels");
        Case shipped = new Case(own.resolve("images"), own, own.resolve("expected.safetensors"));
        String elsewhere =
                Optional.ofNullable(System.getProperty("finetune.golden")).orElse("");
        if (elsewhere.isEmpty() || !Files.isDirectory(Path.of(elsewhere))) {
            return Stream.of(shipped);
        }
        try (Stream<Path> folders = Files.list(Path.of(elsewhere))) {
            List<Case> found = folders.sorted()
                    .filter(folder -> Files.isDirectory(folder.resolve("images"))
                            && Files.isRegularFile(folder.resolve("model/preprocessor_config.json")))
                    .map(folder -> new Case(
                            folder.resolve("images"), folder.resolve("model"), folder.resolve("case.safetensors")))
                    .toList();
            return Stream.concat(Stream.of(shipped), found.stream());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void pixelValuesAreThoseOfTheReference(Case golden) {
        Preprocessing preprocessing = Preprocessing.find(golden.preprocessor()).orElseThrow();
        try (Weights weights = Weights.open(golden.expected())) {
            float[] expected = References.floats(weights, "expected.pixel_values");
            List<Path> files = References.files(golden.images(), ".png");
            int length = expected.length / files.size();
            double step = preprocessing.rescale()
                    / preprocessing.std().stream()
                            .mapToDouble(Double::doubleValue)
                            .min()
                            .orElseThrow();
            int equal = 0;
            for (int image = 0; image < files.size(); image++) {
                float[] found = preprocessing.apply(new ImageDecoder().decode(Image.of(files.get(image))));
                assertThat(found).hasSize(length);
                for (int i = 0; i < length; i++) {
                    double distance = Math.abs(found[i] - expected[image * length + i]);
                    assertThat(distance).as("%s, value %d", files.get(image), i).isLessThan(1.001 * step);
                    equal += distance < 1e-5 ? 1 : 0;
                }
            }
            assertThat((double) equal / expected.length).isGreaterThan(0.98);
        }
    }
}
