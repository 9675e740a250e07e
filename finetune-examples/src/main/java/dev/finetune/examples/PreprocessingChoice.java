package dev.finetune.examples;

import dev.finetune.error.FinetuneException;
import dev.finetune.vision.image.Crop;
import dev.finetune.vision.image.Preprocessing;
import dev.finetune.vision.image.Resize;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Preprocessings by name, for weights that come without a word on theirs. */
public enum PreprocessingChoice {
    /** What the checkpoint says, or what suits its network. */
    MODEL,
    /** Shorter edge to 256, the middle 224 x 224, ImageNet's mean and deviation. */
    IMAGENET,
    /** 32 x 32, ImageNet's mean and deviation. */
    CIFAR,
    /** The middle 227 x 227, RGB from 0 to 255 minus (123, 117, 104), not scaled: as Caffe's networks were trained. */
    SQUEEZENET_CAFFE;

    private static final double USUAL_RATIO = 256 / 224.0;

    /** The preprocessing; empty for the model's own. */
    public Optional<Preprocessing> preprocessing() {
        return switch (this) {
            case MODEL -> Optional.empty();
            case IMAGENET -> Optional.of(Preprocessing.IMAGENET);
            case CIFAR ->
                Optional.of(Preprocessing.IMAGENET
                        .withResize(new Resize.Exact(32, 32))
                        .withCrop(new Crop.None()));
            case SQUEEZENET_CAFFE ->
                Optional.of(Preprocessing.IMAGENET
                        .withCrop(new Crop.Centre(227, 227))
                        .withRescale(1)
                        .withNormalisation(List.of(123.0, 117.0, 104.0), List.of(1.0, 1.0, 1.0)));
        };
    }

    /** The same for pictures of {@code size} x {@code size}: a crop keeps its share of what it is cut from. */
    static Preprocessing resized(Preprocessing preprocessing, int size) {
        if (preprocessing.resize() instanceof Resize.Exact && preprocessing.crop() instanceof Crop.None) {
            return preprocessing.withResize(new Resize.Exact(size, size));
        }
        final double ratio = preprocessing.resize() instanceof Resize.ShortestEdge edge
                        && preprocessing.crop() instanceof Crop.Centre centre
                ? edge.length() / (double) centre.height()
                : USUAL_RATIO;
        return preprocessing
                .withResize(new Resize.ShortestEdge((int) Math.round(size * ratio)))
                .withCrop(new Crop.Centre(size, size));
    }

    /**
     * The choice of that name, as it is written on a command line.
     *
     * @throws FinetuneException if there is none
     */
    public static PreprocessingChoice named(String name) {
        return Stream.of(values())
                .filter(choice -> choice.toString().equals(name))
                .findFirst()
                .orElseThrow(() -> new WrongUsage("--preprocess " + name + ": there are " + List.of(values()) + "."));
    }

    /** As it is written on a command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
