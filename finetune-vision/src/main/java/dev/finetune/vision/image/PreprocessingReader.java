package dev.finetune.vision.image;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.JsonFile;
import dev.finetune.internal.JsonNumbers;
import dev.finetune.internal.PlainFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Reads preprocessing from the dialects in which checkpoints say it. */
final class PreprocessingReader {
    private static final double CONVNEXT_CROP = 224.0 / 256;
    private static final List<Double> HALVES = List.of(0.5, 0.5, 0.5);
    private static final List<Double> CLIP_MEAN = List.of(0.48145466, 0.4578275, 0.40821073);
    private static final List<Double> CLIP_STD = List.of(0.26862954, 0.26130258, 0.27577711);

    /** Processors that resize, crop the middle and normalise, and nothing else, with the defaults of their kind. */
    private record Kind(
            List<String> names,
            boolean both,
            int size,
            int resample,
            boolean crops,
            List<Double> mean,
            List<Double> std) {}

    private static final Kind CONVNEXT = new Kind(List.of("ConvNext"), false, 384, 3, false, HALVES, HALVES);
    private static final Kind VIT = new Kind(List.of("ViT"), true, 224, 2, false, HALVES, HALVES);
    private static final Kind BIT = new Kind(List.of("Bit", "CLIP"), false, 224, 3, true, CLIP_MEAN, CLIP_STD);

    private static final Set<String> SUFFIXES =
            Set.of("ImageProcessor", "FeatureExtractor", "ImageProcessorFast", "ImageProcessorPil");

    /** Networks read 224 to 1024 pixels a side; more takes memory by the square. */
    private static final int MOST_SIDE = 4096;

    private final JsonObject json;
    private final String name;

    PreprocessingReader(JsonObject json, String name) {
        this.json = json;
        this.name = name;
    }

    static Optional<Preprocessing> find(Path directory) {
        Path processor = directory.resolve("processor_config.json");
        if (PlainFile.exists(processor) && parse(processor).get("image_processor") instanceof JsonObject nested) {
            return Optional.of(new PreprocessingReader(nested, processor + ", image_processor")
                    .of(PreprocessingReader::transformers));
        }
        Path preprocessor = directory.resolve("preprocessor_config.json");
        if (PlainFile.exists(preprocessor)) {
            return Optional.of(new PreprocessingReader(parse(preprocessor), preprocessor.toString())
                    .of(PreprocessingReader::transformers));
        }
        Path config = directory.resolve("config.json");
        if (PlainFile.exists(config)) {
            JsonObject parsed = parse(config);
            if (parsed.has("pretrained_cfg") && parsed.get("pretrained_cfg").isJsonObject()) {
                return Optional.of(
                        new PreprocessingReader(parsed.getAsJsonObject("pretrained_cfg"), config + ", pretrained_cfg")
                                .of(PreprocessingReader::timm));
            }
            if (parsed.has("architecture") && parsed.has("input_size")) { // As older versions of timm wrote it.
                return Optional.of(new PreprocessingReader(parsed, config.toString()).of(PreprocessingReader::timm));
            }
        }
        return Optional.empty();
    }

    private static JsonObject parse(Path file) {
        try {
            return JsonFile.object(file);
        } catch (IOException e) {
            throw new FinetuneException(file + " could not be read: " + e.getMessage(), e);
        }
    }

    /** Names the file where what it says is refused by a part that doesn't know it. */
    private Preprocessing of(Function<PreprocessingReader, Preprocessing> reading) {
        try {
            Preprocessing read = reading.apply(this);
            if (read.mostSide() > MOST_SIDE) {
                throw new FinetuneException("pictures would be resized or cut to " + read.mostSide()
                        + " pixels a side, and a model's file may say " + MOST_SIDE
                        + " at most; give a larger size with inputs(...) if the model was trained so");
            }
            return read;
        } catch (FinetuneException e) {
            throw e.getMessage().startsWith(name) ? e : new FinetuneException(name + ": " + e.getMessage(), e);
        }
    }

    Preprocessing transformers() {
        Kind kind = kind();
        refuse("do_pad");
        refuse("do_flip_channel_order");
        refuse("do_reduce_labels");
        Resize resize = flag("do_resize", true) ? resize(kind) : new Resize.None();
        Crop crop = flag("do_center_crop", kind.crops) ? cropSize(kind) : new Crop.None();
        if (kind.equals(CONVNEXT) && resize instanceof Resize.ShortestEdge edge) {
            int length = edge.length();
            checkCroppedOnce(length, crop);
            if (length >= PreprocessingWriter.CONVNEXT_WARPS_FROM) {
                resize = new Resize.Exact(length, length);
            } else {
                double share = number("crop_pct", CONVNEXT_CROP);
                if (!(share > 0 && share <= 1)) {
                    throw bad("crop_pct", "a number above 0 and up to 1");
                }
                resize = new Resize.ShortestEdge((int) (length / share));
                crop = crop instanceof Crop.None ? new Crop.Centre(length, length) : crop;
            }
        }
        boolean normalises = flag("do_normalize", true);
        Arithmetic arithmetic = string(PreprocessingWriter.ARITHMETIC, "tensor").equals("pillow")
                ? Arithmetic.PILLOW
                : Arithmetic.TENSOR;
        return new Preprocessing(
                resize,
                crop,
                interpolation(kind),
                arithmetic,
                flag("do_rescale", true) ? number("rescale_factor", 1 / 255.0) : 1,
                normalises ? three("image_mean", kind.mean) : List.of(0.0, 0.0, 0.0),
                normalises ? three("image_std", kind.std) : List.of(1.0, 1.0, 1.0));
    }

    /** Below 384 its image processor cuts "size" out of the middle already, and out of that what do_center_crop asks for. */
    private void checkCroppedOnce(int length, Crop crop) {
        if (length < PreprocessingWriter.CONVNEXT_WARPS_FROM
                && crop instanceof Crop.Centre
                && !crop.equals(new Crop.Centre(length, length))) {
            throw bad(
                    "crop_size",
                    length + ", as \"size\" is, for the ConvNext image processor cuts pictures to that first");
        }
    }

    Preprocessing timm() {
        List<Integer> input = get("input_size", List.of(3, 224, 224), "three whole numbers", element -> {
            List<Integer> sizes = new ArrayList<>();
            element.getAsJsonArray()
                    .forEach(size -> sizes.add(JsonNumbers.whole(size).orElseThrow()));
            return sizes;
        });
        if (input.size() != 3 || input.get(0) != Pixels.CHANNELS) {
            throw bad("input_size", "[3, height, width]; only RGB is supported");
        }
        int height = input.get(1);
        int width = input.get(2);
        double share = number("crop_pct", CONVNEXT_CROP);
        if (!(share > 0 && share <= 1)) {
            throw bad("crop_pct", "a number above 0 and up to 1");
        }
        String mode = string("crop_mode", "center");
        Resize resize;
        if (mode.equals("squash")) {
            resize = new Resize.Exact((int) Math.floor(height / share), (int) Math.floor(width / share));
        } else if (mode.equals("center") && height == width) {
            resize = new Resize.ShortestEdge((int) Math.floor(height / share));
        } else {
            throw bad("crop_mode", "\"center\" with a square input, or \"squash\"; others are not supported");
        }
        String filter = string("interpolation", "bicubic");
        Interpolation interpolation = Arrays.stream(Interpolation.values())
                .filter(candidate -> candidate.timmName().equals(filter))
                .findFirst()
                // timm draws one of both at random in training and evaluates with bilinear.
                .or(() -> filter.equals("random") ? Optional.of(Interpolation.BILINEAR) : Optional.empty())
                .orElseThrow(() -> bad("interpolation", "nearest, box, bilinear, hamming, bicubic or lanczos"));
        return new Preprocessing(
                resize,
                new Crop.Centre(height, width),
                interpolation,
                Arithmetic.PILLOW,
                1 / 255.0,
                three("mean", Preprocessing.IMAGENET_MEAN),
                three("std", Preprocessing.IMAGENET_STD));
    }

    private Kind kind() {
        String type = string("image_processor_type", string("feature_extractor_type", ""));
        if (type.isEmpty()) {
            if (json.has("crop_pct")) {
                return CONVNEXT;
            }
            return json.has("crop_size") || json.has("do_center_crop") ? BIT : VIT;
        }
        for (Kind kind : List.of(CONVNEXT, VIT, BIT)) {
            for (String known : kind.names) {
                if (type.startsWith(known) && SUFFIXES.contains(type.substring(known.length()))) {
                    return kind;
                }
            }
        }
        throw new FinetuneException(
                name + ": the image processor " + type + " is not supported. Those of ConvNext, ViT, "
                        + "Bit and CLIP are, which resize, crop the middle and normalise.");
    }

    private Resize resize(Kind kind) {
        JsonElement size = value("size").orElse(null);
        if (size == null) {
            return kind.both ? new Resize.Exact(kind.size, kind.size) : new Resize.ShortestEdge(kind.size);
        }
        if (size.isJsonPrimitive()) {
            int length = get(
                    "size",
                    0,
                    "a whole number",
                    element -> JsonNumbers.whole(element).orElseThrow());
            return kind.equals(VIT) ? new Resize.Exact(length, length) : new Resize.ShortestEdge(length);
        }
        if (size instanceof JsonObject object) {
            if (object.keySet().equals(Set.of("shortest_edge"))) {
                return new Resize.ShortestEdge(whole(object, "size", "shortest_edge"));
            }
            if (object.keySet().equals(Set.of("height", "width"))) {
                if (kind.equals(CONVNEXT)) {
                    throw bad("size", "{\"shortest_edge\": n}, as the ConvNext image processor needs");
                }
                return new Resize.Exact(whole(object, "size", "height"), whole(object, "size", "width"));
            }
        }
        throw bad(
                "size", "a number, {\"shortest_edge\": n} or {\"height\": n, \"width\": m}; others are not supported");
    }

    private Crop cropSize(Kind kind) {
        JsonElement size = value("crop_size").orElse(null);
        if (size == null) {
            if (kind.equals(BIT)) {
                return new Crop.Centre(224, 224);
            }
            throw bad("crop_size", "a size, since do_center_crop is true");
        }
        if (size instanceof JsonObject object && object.keySet().equals(Set.of("height", "width"))) {
            return new Crop.Centre(whole(object, "crop_size", "height"), whole(object, "crop_size", "width"));
        }
        int side = get(
                "crop_size",
                0,
                "a number or {\"height\": n, \"width\": m}",
                element -> JsonNumbers.whole(element).orElseThrow());
        return new Crop.Centre(side, side);
    }

    private Interpolation interpolation(Kind kind) {
        int number = get(
                "resample",
                kind.resample,
                "a number from 0 to 5",
                element -> JsonNumbers.whole(element).orElseThrow());
        return Arrays.stream(Interpolation.values())
                .filter(candidate -> candidate.pillowNumber() == number)
                .findFirst()
                .orElseThrow(() -> bad("resample", "a number from 0 to 5"));
    }

    private void refuse(String key) {
        if (flag(key, false)) {
            throw new FinetuneException(name + ": \"" + key + "\": true is not supported.");
        }
    }

    private Optional<JsonElement> value(String key) {
        return Optional.ofNullable(json.get(key)).filter(element -> !element.isJsonNull());
    }

    private boolean flag(String key, boolean otherwise) {
        return get(key, otherwise, "true or false", element -> {
            if (!element.getAsJsonPrimitive().isBoolean()) {
                throw new IllegalArgumentException();
            }
            return element.getAsBoolean();
        });
    }

    private double number(String key, double otherwise) {
        return get(
                key,
                otherwise,
                "a finite number",
                element -> JsonNumbers.finite(element).orElseThrow());
    }

    private String string(String key, String otherwise) {
        return get(key, otherwise, "a text", JsonElement::getAsString);
    }

    private int whole(JsonObject object, String outer, String key) {
        try {
            return JsonNumbers.whole(object.get(key)).orElseThrow();
        } catch (RuntimeException e) {
            throw bad(outer, "whole numbers");
        }
    }

    private List<Double> three(String key, List<Double> otherwise) {
        List<Double> numbers = get(key, otherwise, "three numbers", element -> {
            if (element.isJsonPrimitive()) {
                return Collections.nCopies(
                        Pixels.CHANNELS, JsonNumbers.finite(element).orElseThrow());
            }
            List<Double> read = new ArrayList<>();
            element.getAsJsonArray()
                    .forEach(number -> read.add(JsonNumbers.finite(number).orElseThrow()));
            return read;
        });
        if (numbers.size() != Pixels.CHANNELS) {
            throw bad(key, "three numbers (red, green, blue)");
        }
        return numbers;
    }

    private <T> T get(String key, T otherwise, String expected, Function<JsonElement, T> reader) {
        Optional<JsonElement> element = value(key);
        if (element.isEmpty()) {
            return otherwise;
        }
        try {
            return reader.apply(element.get());
        } catch (RuntimeException e) {
            throw bad(key, expected);
        }
    }

    private FinetuneException bad(String key, String expected) {
        return new FinetuneException(
                String.format(Locale.ROOT, "%s: \"%s\" is %s, expected %s.", name, key, json.get(key), expected));
    }
}
