package dev.finetune.vision;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.NullArguments;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.vision.image.ImageLimits;
import dev.finetune.vision.image.Pixels;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NullPicturesTest {
    private static final Image GREY = Image.grey(new byte[4], 2, 2);
    private static final NullArguments NULLS = new NullArguments(Map.ofEntries(
            Map.entry(int.class, 2),
            Map.entry(long.class, 2L),
            Map.entry(char.class, ';'),
            Map.entry(String.class, "text"),
            Map.entry(String[].class, new String[] {"a"}),
            Map.entry(int[].class, new int[] {1}),
            Map.entry(byte[].class, new byte[12]),
            Map.entry(float[].class, new float[12]),
            Map.entry(List.class, List.of("a")),
            Map.entry(Path.class, Path.of("none.csv")),
            Map.entry(InputStream.class, new ByteArrayInputStream(new byte[4])),
            Map.entry(BufferedImage.class, new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB)),
            Map.entry(Pixels.class, new Pixels(new byte[12], 2, 2)),
            Map.entry(OnBroken.class, OnBroken.FAIL),
            Map.entry(ImageLimits.class, ImageLimits.DEFAULT),
            Map.entry(Dataset.class, Dataset.of(Image.class, List.of(new Example<>(GREY, Label.of("a")))))));

    static Stream<Class<?>> makers() {
        return Stream.of(Image.class, ImageFolder.class, ImageFiles.class, Augment.class);
    }

    @ParameterizedTest
    @MethodSource("makers")
    void anArgumentThatIsNullIsNamedWherePicturesAreMade(Class<?> type) {
        assertThat(NULLS.unnamedInMakersOf(type)).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("objects")
    void anArgumentThatIsNullIsNamedAtTheCall(Object target) {
        assertThat(NULLS.unnamedIn(target, method -> true)).isEmpty();
    }

    static Stream<Object> objects() {
        return Stream.of(GREY, ImageFiles.csv(Path.of("none.csv")));
    }
}
