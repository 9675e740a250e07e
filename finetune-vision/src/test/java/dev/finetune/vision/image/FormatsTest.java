package dev.finetune.vision.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.checkpoint.Weights;
import dev.finetune.vision.Image;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every format and kind is decoded to what Pillow makes of it. */
final class FormatsTest {
    /** Where the decoder isn't Pillow's own: how far a value may be away, at most and on average. */
    private static final Map<String, double[]> LOSSY = Map.of();

    static Stream<Path> pictures() {
        return Stream.of(".jpg", ".png", ".gif", ".bmp", ".webp")
                .flatMap(ending -> References.files(References.resource("pictures"), ending).stream());
    }

    @ParameterizedTest
    @MethodSource("pictures")
    void aPictureIsDecodedAsPillowDecodesIt(Path picture) {
        String name = picture.getFileName().toString();
        Pixels found = new ImageDecoder().decode(Image.of(picture));
        try (Weights weights = Weights.open(References.resource("pictures/expected.safetensors"))) {
            Pixels expected = References.pixels(weights, name);
            assertThat(List.of(found.height(), found.width())).isEqualTo(List.of(expected.height(), expected.width()));
            double[] allowed = LOSSY.getOrDefault(name, new double[] {0, 0});
            System.out.println(
                    name + " " + References.furthest(found, expected) + " " + References.meanDistance(found, expected));
            assertThat((double) References.furthest(found, expected)).isLessThanOrEqualTo(allowed[0]);
            assertThat(References.meanDistance(found, expected)).isLessThanOrEqualTo(allowed[1]);
        }
    }

    @Test
    void nothing() {}
}
