package dev.finetune.vision.image;

import dev.finetune.fuzz.FuzzedReader;
import dev.finetune.fuzz.FuzzedReaders;
import dev.finetune.vision.Image;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/** The readers of pictures, and of what says how they are prepared. */
public final class PictureReaders implements FuzzedReaders {
    /** Few enough for the heap that fuzzing allows. */
    private static final ImageDecoder DECODER = new ImageDecoder(ImageLimits.DEFAULT.withMaxPixels(1 << 16));

    private static final long USUAL_HEAP = 16L << 20;

    /**
     * TwelveMonkeys makes tables for WebP's lossless coding, of alpha, too, by numbers in the file: 160 MB for 518
     * bytes were seen.
     */
    private static final long WEBP_HEAP = 256L << 20;

    @Override
    public List<FuzzedReader> readers() throws IOException {
        return List.of(
                pictures(
                        "jpeg",
                        "a.jpg",
                        USUAL_HEAP,
                        "baseline.jpg",
                        "progressive.jpg",
                        "grey.jpg",
                        "orientation-6.jpg",
                        "cmyk.jpg"),
                pictures(
                        "png",
                        "a.png",
                        USUAL_HEAP,
                        "grey-2.png",
                        "palette.png",
                        "grey-alpha.png",
                        "palette-transparent.png"),
                pictures("gif", "a.gif", USUAL_HEAP, "still.gif", "animated.gif"),
                pictures("bmp", "a.bmp", USUAL_HEAP, "bilevel.bmp", "palette.bmp", "grey.bmp"),
                pictures("webp", "a.webp", WEBP_HEAP, "lossy.webp", "alpha-lossy.webp", "lossless.webp"),
                new FuzzedReader(
                        "preprocessor",
                        "preprocessor_config.json",
                        List.of(Files.readAllBytes(References.resource("golden-pixels/preprocessor_config.json"))),
                        input -> {
                            input.file();
                            PreprocessingReader.find(input.folder());
                        }));
    }

    private static FuzzedReader pictures(String name, String fileName, long heap, String... seeds) throws IOException {
        final List<byte[]> files = new ArrayList<>();
        for (String seed : seeds) {
            files.add(Files.readAllBytes(References.resource("pictures/" + seed)));
        }
        return new FuzzedReader(
                name, fileName, files, heap, input -> DECODER.decode(Image.of(input.bytes(), input.fileName())));
    }
}
