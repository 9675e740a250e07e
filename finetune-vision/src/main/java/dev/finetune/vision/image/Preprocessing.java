package dev.finetune.vision.image;

import com.google.gson.JsonObject;
import dev.finetune.batch.InputSettings;
import dev.finetune.error.FinetuneException;
import dev.finetune.vision.Image;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What is done to a picture before a network sees it: resize, crop the middle, and {@code (value * rescale - mean) /
 * std} for each channel, where value is 0 to 255. Found in a checkpoint with {@link #find}, or said:
 *
 * <pre>{@code
 * Preprocessing cifar = Preprocessing.IMAGENET
 *     .withResize(new Resize.Exact(32, 32)).withCrop(new Crop.None())
 *     .withNormalisation(List.of(0.4914, 0.4822, 0.4465), List.of(0.2470, 0.2435, 0.2616));
 * }</pre>
 *
 * @param resize the size before cropping
 * @param crop what is kept
 * @param interpolation how resized pixels are made
 * @param arithmetic whose rounding is followed
 * @param rescale what values are multiplied with first, 1/255 or 1
 * @param mean what is subtracted then, for red, green and blue
 * @param std what the rest is divided by, for red, green and blue
 */
public record Preprocessing(
        Resize resize,
        Crop crop,
        Interpolation interpolation,
        Arithmetic arithmetic,
        double rescale,
        List<Double> mean,
        List<Double> std)
        implements InputSettings {
    /** The mean of ImageNet's pixels, for values from 0 to 1. */
    public static final List<Double> IMAGENET_MEAN = List.of(0.485, 0.456, 0.406);

    /** The standard deviation of ImageNet's pixels, for values from 0 to 1. */
    public static final List<Double> IMAGENET_STD = List.of(0.229, 0.224, 0.225);

    /** What torchvision evaluates its ResNets with: shorter edge to 256, bilinear; the middle 224 x 224. */
    public static final Preprocessing IMAGENET = new Preprocessing(
            new Resize.ShortestEdge(256),
            new Crop.Centre(224, 224),
            Interpolation.BILINEAR,
            Arithmetic.PILLOW,
            1 / 255.0,
            IMAGENET_MEAN,
            IMAGENET_STD);

    /**
     * Keeps its own copies.
     *
     * @throws FinetuneException if mean or std isn't three finite numbers, or a std or rescale is 0
     */
    public Preprocessing {
        mean = List.copyOf(mean);
        std = List.copyOf(std);
        if (mean.size() != Pixels.CHANNELS || std.size() != Pixels.CHANNELS) {
            throw new FinetuneException(
                    "Mean and standard deviation need three numbers each (red, green, blue), but are " + mean + " and "
                            + std + ".");
        }
        for (int i = 0; i < Pixels.CHANNELS; i++) {
            if (!Double.isFinite(mean.get(i)) || !Double.isFinite(std.get(i)) || std.get(i) == 0) {
                throw new FinetuneException("Normalisation by mean " + mean + " and standard deviation " + std
                        + " is impossible; expected finite numbers, no standard deviation of 0.");
            }
        }
        if (!Double.isFinite(rescale) || rescale == 0) {
            throw new FinetuneException(
                    "The rescale factor is " + rescale + ", expected a finite number, usually 1/255.");
        }
    }

    /**
     * {@return what a model directory says: {@code preprocessor_config.json} (Transformers), else {@code
     * pretrained_cfg} in {@code config.json} (timm), empty where they say nothing}
     *
     * @param directory of a model
     * @throws FinetuneException if one of them asks for something that isn't supported
     */
    public static Optional<Preprocessing> find(Path directory) {
        return PreprocessingReader.find(directory);
    }

    /**
     * {@return what a {@code preprocessor_config.json} says}
     *
     * @param json the whole file
     * @param name what messages call the object
     * @throws FinetuneException if it asks for something that isn't supported
     */
    public static Preprocessing ofPreprocessorConfig(JsonObject json, String name) {
        return new PreprocessingReader(json, name).transformers();
    }

    /**
     * {@return what timm's {@code pretrained_cfg} says}
     *
     * @param json the object under {@code pretrained_cfg}
     * @param name what messages call the object
     * @throws FinetuneException if it asks for something that isn't supported
     */
    public static Preprocessing ofPretrainedCfg(JsonObject json, String name) {
        return new PreprocessingReader(json, name).timm();
    }

    /**
     * {@return the lesser of height and width that every picture has afterwards; empty where it depends on the picture}
     */
    public OptionalInt leastSide() {
        if (crop instanceof Crop.Centre centre) {
            return OptionalInt.of(Math.min(centre.height(), centre.width()));
        }
        if (resize instanceof Resize.Exact exact) {
            return OptionalInt.of(Math.min(exact.height(), exact.width()));
        }
        return resize instanceof Resize.ShortestEdge edge ? OptionalInt.of(edge.length()) : OptionalInt.empty();
    }

    /** The longest side that it names, 0 where it names none. */
    int mostSide() {
        int cut = crop instanceof Crop.Centre centre ? Math.max(centre.height(), centre.width()) : 0;
        int edge = resize instanceof Resize.ShortestEdge shortest ? shortest.length() : 0;
        int exact = resize instanceof Resize.Exact size ? Math.max(size.height(), size.width()) : 0;
        return Math.max(cut, Math.max(edge, exact));
    }

    @Override
    public Class<?> inputType() {
        return Image.class;
    }

    /**
     * {@return the same with another resize}
     *
     * @param other to a shortest edge, or to a size
     */
    public Preprocessing withResize(Resize other) {
        return new Preprocessing(other, crop, interpolation, arithmetic, rescale, mean, std);
    }

    /**
     * {@return the same with another crop}
     *
     * @param other from the centre, or none
     */
    public Preprocessing withCrop(Crop other) {
        return new Preprocessing(resize, other, interpolation, arithmetic, rescale, mean, std);
    }

    /**
     * {@return the same with another interpolation}
     *
     * @param other the filter, as PIL names it
     */
    public Preprocessing withInterpolation(Interpolation other) {
        return new Preprocessing(resize, crop, other, arithmetic, rescale, mean, std);
    }

    /**
     * {@return the same with another rounding}
     *
     * @param other rounded to bytes as PIL does, or not
     */
    public Preprocessing withArithmetic(Arithmetic other) {
        return new Preprocessing(resize, crop, interpolation, other, rescale, mean, std);
    }

    /**
     * {@return the same with another factor; 1 leaves values from 0 to 255}
     *
     * @param other such as 1/255
     */
    public Preprocessing withRescale(double other) {
        return new Preprocessing(resize, crop, interpolation, arithmetic, other, mean, std);
    }

    /**
     * {@return the same with another mean and standard deviation, of rescaled values}
     *
     * @param otherMean one a channel
     * @param otherStd one a channel, none of them 0
     */
    public Preprocessing withNormalisation(List<Double> otherMean, List<Double> otherStd) {
        return new Preprocessing(resize, crop, interpolation, arithmetic, rescale, otherMean, otherStd);
    }

    /**
     * {@return the picture resized, not yet cropped}
     *
     * @param pixels in its own size
     * @throws FinetuneException if that were more pixels than a picture may have ({@link ImageLimits#DEFAULT}), as those of
     *     a line of one pixel are
     */
    public Pixels resized(Pixels pixels) {
        check(pixels, "A picture");
        if (resize instanceof Resize.ShortestEdge edge) {
            int longer = (int) longerEdge(pixels, edge);
            return pixels.height() <= pixels.width()
                    ? to(pixels, edge.length(), longer)
                    : to(pixels, longer, edge.length());
        }
        return resize instanceof Resize.Exact exact ? to(pixels, exact.height(), exact.width()) : pixels;
    }

    private static long longerEdge(Pixels pixels, Resize.ShortestEdge edge) {
        long shorter = Math.min(pixels.height(), pixels.width());
        return (long) edge.length() * Math.max(pixels.height(), pixels.width()) / shorter;
    }

    /** Refuses a picture, by its name, of which resizing makes too many pixels. */
    void check(Pixels pixels, Object name) {
        if (resize instanceof Resize.ShortestEdge edge) {
            long longer = longerEdge(pixels, edge);
            if (longer * edge.length() > ImageLimits.DEFAULT.maxPixels()) {
                throw new FinetuneException(name + " can't be resized: its " + pixels.width() + " x " + pixels.height()
                        + " pixels would get a shorter edge of " + edge.length() + " and a longer one of "
                        + longer + ", and " + ImageLimits.DEFAULT.maxPixels()
                        + " pixels are the most. Cut it to a shape that is less long.");
            }
        }
    }

    private Pixels to(Pixels pixels, int height, int width) {
        return Resampler.resize(pixels, height, width, interpolation, arithmetic);
    }

    /**
     * {@return the picture resized and cropped}
     *
     * @param pixels in its own size
     */
    public Pixels sized(Pixels pixels) {
        Pixels resized = resized(pixels);
        if (crop instanceof Crop.Centre centre) {
            return resized.crop(
                    margin(resized.height(), centre.height()),
                    margin(resized.width(), centre.width()),
                    centre.height(),
                    centre.width());
        }
        return resized;
    }

    /** Where the middle starts; negative where the picture is smaller. */
    private int margin(int have, int want) {
        if (have < want) {
            return -((want - have) / 2);
        }
        return arithmetic == Arithmetic.TENSOR ? (have - want) / 2 : (int) Math.rint((have - want) / 2.0);
    }

    /**
     * {@return sized pixels as numbers, [3, height, width]}
     *
     * @param pixels of the size that the network reads
     */
    public float[] normalised(Pixels pixels) {
        float[] numbers = new float[pixels.rgb().length];
        normalise(pixels, numbers, 0);
        return numbers;
    }

    /** Writes sized pixels as numbers, [3, height, width], into an array from {@code offset} on. */
    void normalise(Pixels pixels, float[] to, int offset) {
        byte[] rgb = pixels.rgb();
        int plane = pixels.height() * pixels.width();
        for (int channel = 0; channel < Pixels.CHANNELS; channel++) {
            float[] table = table(channel);
            int at = offset + channel * plane;
            for (int i = 0; i < plane; i++) {
                to[at + i] = table[rgb[i * Pixels.CHANNELS + channel] & 0xFF];
            }
        }
    }

    private float[] table(int channel) {
        float[] table = new float[256];
        for (int value = 0; value < table.length; value++) {
            table[value] = (float) ((value * rescale - mean.get(channel)) / std.get(channel));
        }
        return table;
    }

    /**
     * {@return all of it: resized, cropped, normalised; [3, height, width]}
     *
     * @param pixels in its own size
     */
    public float[] apply(Pixels pixels) {
        return normalised(sized(pixels));
    }

    /**
     * {@return a {@code preprocessor_config.json} that Transformers reads as the same preprocessing: for its
     * ConvNextImageProcessor where a square is cut out of a picture that was resized by its shorter edge (below 384),
     * its ViTImageProcessor where there is no crop, else its BitImageProcessor} {@link Arithmetic#PILLOW} is kept in a
     * key that only this library reads.
     */
    public JsonObject toJson() {
        return PreprocessingWriter.json(this);
    }

    @Override
    public String toString() {
        return "resized " + words(resize) + ", " + interpolation.name().toLowerCase(Locale.ROOT) + ", " + words(crop)
                + ", times " + rescale + ", less " + mean + ", by " + std;
    }

    private static String words(Resize resize) {
        if (resize instanceof Resize.Exact exact) {
            return "to " + exact.height() + " x " + exact.width();
        }
        return resize instanceof Resize.ShortestEdge edge ? "to a shorter edge of " + edge.length() : "not at all";
    }

    private static String words(Crop crop) {
        return crop instanceof Crop.Centre centre
                ? "the middle " + centre.height() + " x " + centre.width()
                : "not cropped";
    }
}
