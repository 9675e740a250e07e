package dev.finetune.vision;

import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Split;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Warnings;
import dev.finetune.vision.image.ImageDecoder;
import dev.finetune.vision.image.ImageLimits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pictures in a folder per class:
 *
 * <pre>
 * animals/ant/1.jpg
 * animals/ant/more/2.png
 * animals/bee/3.jpg
 * </pre>
 *
 * <pre>{@code
 * Dataset<Image> animals = ImageFolder.of(Path.of("animals"));
 * Split<Image> split = ImageFolder.splits(Path.of("hymenoptera"));      // with folders train and val
 * }</pre>
 *
 * <p>Classes and files come in the order of their names. Folders are searched to any depth. Hidden files are passed
 * over, and so are files whose names don't end as those of pictures do, which are counted. Nothing is decoded yet.
 */
public final class ImageFolder {
    private static final Logger LOG = LoggerFactory.getLogger(ImageFolder.class);
    private static final Set<String> ENDINGS = Set.of("jpg", "jpeg", "jpe", "jfif", "png", "gif", "bmp", "dib", "webp");
    private static final List<String> VALIDATION = List.of("val", "validation", "valid", "dev");
    private static final int NAMED = 5;

    private ImageFolder() {}

    /**
     * {@return the pictures of a folder, each labelled with the name of the folder directly inside of it}
     *
     * @param directory with a folder a class
     * @throws FinetuneException if it isn't a folder, has no folders in it, one of them has no pictures, or if it holds
     *     parts (train, val) instead of classes
     */
    public static Dataset<Image> of(Path directory) {
        Objects.requireNonNull(directory, "directory");
        List<Path> classes = folders(directory);
        if (classes.isEmpty()) {
            throw new FinetuneException(
                    directory + " has no folders in it; expected one for each class, with that class's" + " pictures.");
        }
        List<String> names = classes.stream().map(ImageFolder::name).toList();
        if (names.contains("train") && names.stream().anyMatch(VALIDATION::contains)) {
            throw new FinetuneException(directory + " holds the parts " + String.join(", ", names)
                    + " and not classes. Read them with ImageFolder.splits(directory), or one of them with"
                    + " ImageFolder.of(directory.resolve(\"train\")).");
        }
        List<Example<Image>> examples = new ArrayList<>();
        Map<String, Integer> ignored = new TreeMap<>();
        for (Path folder : classes) {
            Label label = Label.of(name(folder));
            List<Path> pictures = pictures(folder, ignored);
            if (pictures.isEmpty()) {
                throw new FinetuneException("The folder " + folder + " has no pictures (" + endings()
                        + "). Every folder in " + directory + " is a class; fill it or remove it.");
            }
            pictures.forEach(picture -> examples.add(new Example<>(Image.of(picture), label)));
        }
        int others = ignored.values().stream().mapToInt(Integer::intValue).sum();
        if (others > 0) {
            Warnings.say(
                    LOG,
                    directory + ": " + others + " files are not pictures by their names and were passed over: "
                            + ignored);
        }
        String description = directory.getFileName() + ", " + examples.size() + " pictures of " + classes.size()
                + " classes" + (others == 0 ? "" : ", " + others + " other files");
        return Dataset.of(Image.class, examples).describedAs(description);
    }

    /**
     * {@return the parts of a folder that holds {@code train}, {@code val} (or {@code validation}, {@code valid},
     * {@code dev}) and maybe {@code test}, each with a folder per class}
     *
     * @param directory with a folder a part
     * @throws FinetuneException if train or validation isn't there, or as {@link #of} throws
     */
    public static Split<Image> splits(Path directory) {
        Objects.requireNonNull(directory, "directory");
        List<String> names = folders(directory).stream().map(ImageFolder::name).toList();
        String validation =
                VALIDATION.stream().filter(names::contains).findFirst().orElse("");
        if (!names.contains("train") || validation.isEmpty()) {
            throw new FinetuneException(directory + " holds " + (names.isEmpty() ? "no folders" : names)
                    + ", expected train and val. A folder of classes is read with ImageFolder.of(directory) and divided"
                    + " with split(fraction, seed).");
        }
        Dataset<Image> train = of(directory.resolve("train"));
        Dataset<Image> held = of(directory.resolve(validation));
        return names.contains("test") ? new Split<>(train, held, of(directory.resolve("test"))) : Split.of(train, held);
    }

    /**
     * {@return the pictures in a folder and below, by their names' endings, in order; hidden ones are passed over}
     *
     * @param folder searched with all that is below it
     * @throws FinetuneException if it can't be searched
     */
    public static List<Path> pictures(Path folder) {
        Objects.requireNonNull(folder, "folder");
        return pictures(folder, new TreeMap<>());
    }

    /**
     * As {@link #of}, with each picture decoded once to see that it can be: {@link #verified(Dataset, OnBroken)}.
     *
     * @param directory with a folder a class
     * @param onBroken whether broken pictures stop here, or are left out with a warning
     * @return the data set without what is broken
     */
    public static Dataset<Image> verified(Path directory, OnBroken onBroken) {
        Objects.requireNonNull(directory, "directory");
        Objects.requireNonNull(onBroken, "onBroken");
        return verified(of(directory), onBroken);
    }

    /**
     * Decodes every picture of a data set once, on all cores, to know of broken ones before a long job starts.
     *
     * @param pictures in memory, not streamed
     * @param onBroken whether broken ones stop here with all their number and the first names, or are left out with a
     *     warning
     * @return the data set without what is broken
     * @throws FinetuneException if pictures are broken and may not be left out, if none is left, or if the data set is
     *     streamed
     */
    public static Dataset<Image> verified(Dataset<Image> pictures, OnBroken onBroken) {
        Objects.requireNonNull(pictures, "pictures");
        Objects.requireNonNull(onBroken, "onBroken");
        return verified(pictures, onBroken, ImageLimits.DEFAULT);
    }

    /**
     * As {@link #verified(Dataset, OnBroken)}, with other limits.
     *
     * @param pictures in memory, not streamed
     * @param onBroken whether broken pictures stop here, or are left out with a warning
     * @param limits of pixels and bytes
     * @return the data set without what is broken
     */
    public static Dataset<Image> verified(Dataset<Image> pictures, OnBroken onBroken, ImageLimits limits) {
        Objects.requireNonNull(pictures, "pictures");
        Objects.requireNonNull(onBroken, "onBroken");
        Objects.requireNonNull(limits, "limits");
        List<Example<Image>> examples = pictures.asList();
        ImageDecoder decoder = new ImageDecoder(limits);
        String[] reasons = new String[examples.size()];
        IntStream.range(0, reasons.length).parallel().forEach(i -> {
            try {
                if (!(examples.get(i).input().source() instanceof Image.Source.Normalised)) {
                    decoder.decode(examples.get(i).input());
                }
            } catch (FinetuneException e) {
                reasons[i] = e.getMessage();
            }
        });
        List<Example<Image>> good = new ArrayList<>();
        List<String> broken = new ArrayList<>();
        for (int i = 0; i < reasons.length; i++) {
            if (reasons[i] == null) {
                good.add(examples.get(i));
            } else {
                broken.add(reasons[i]);
            }
        }
        if (broken.isEmpty()) {
            return pictures;
        }
        String found = broken.size() + " of " + examples.size() + " pictures are broken. "
                + String.join("; ", broken.subList(0, Math.min(NAMED, broken.size())))
                + (broken.size() > NAMED ? "; ..." : "");
        if (onBroken == OnBroken.FAIL || good.isEmpty()) {
            throw new FinetuneException(pictures.describe() + ": " + found
                    + (good.isEmpty() ? "" : " Mend or remove them, or leave them out with OnBroken.SKIP."));
        }
        Warnings.say(LOG, pictures.describe() + ": " + found + " They are left out.");
        return Dataset.of(Image.class, good)
                .describedAs(pictures.describe() + ", " + broken.size() + " broken skipped");
    }

    private static List<Path> folders(Path directory) {
        if (!Files.isDirectory(directory)) {
            throw new FinetuneException(
                    Files.exists(directory)
                            ? directory + " is a file, expected a folder with a folder for each class."
                            : "There is no folder " + directory + " (looked for " + directory.toAbsolutePath() + ").");
        }
        try (Stream<Path> inside = Files.list(directory)) {
            return inside.filter(path -> Files.isDirectory(path) && !name(path).startsWith("."))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new FinetuneException(directory + " can't be listed: " + e, e);
        }
    }

    private static List<Path> pictures(Path folder, Map<String, Integer> ignored) {
        List<Path> pictures = new ArrayList<>();
        try (Stream<Path> files = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            files.filter(Files::isRegularFile)
                    .filter(file -> !hidden(folder.relativize(file)))
                    .sorted()
                    .forEach(file -> {
                        String ending = ending(file);
                        if (ENDINGS.contains(ending)) {
                            pictures.add(file);
                        } else {
                            ignored.merge(ending.isEmpty() ? "(none)" : "." + ending, 1, Integer::sum);
                        }
                    });
        } catch (IOException | UncheckedIOException e) {
            throw new FinetuneException(folder + " can't be searched: " + e.getMessage(), e);
        }
        return pictures;
    }

    private static boolean hidden(Path relative) {
        for (Path part : relative) {
            if (part.toString().startsWith(".")) {
                return true;
            }
        }
        return false;
    }

    private static String ending(Path file) {
        String name = name(file);
        return name.substring(name.lastIndexOf('.') + 1 == 0 ? name.length() : name.lastIndexOf('.') + 1)
                .toLowerCase(Locale.ROOT);
    }

    private static String endings() {
        return String.join(", ", ENDINGS.stream().sorted().toList());
    }

    private static String name(Path path) {
        return String.valueOf(path.getFileName());
    }
}
