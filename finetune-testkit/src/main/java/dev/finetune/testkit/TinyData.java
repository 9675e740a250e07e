package dev.finetune.testkit;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/**
 * Small files in the formats that the library reads, easy enough for {@link TinyModels} to learn. The same arguments
 * give the same bytes, but for those of pictures, whose pixels are the same.
 */
public final class TinyData {
    private static final List<String> GOOD = List.of("great", "good", "lovely", "perfect");
    private static final List<String> BAD = List.of("awful", "bad", "broken", "useless");
    private static final List<String> THINGS = List.of("lamp", "phone", "chair", "book", "cup", "bag", "pen");
    private static final List<String> NAMES = List.of("anna", "ben", "carla", "dan");
    private static final List<String> TOWNS = List.of("rome", "oslo", "lima", "bern", "cairo");
    private static final int ROWS = 40;
    private static final int PIXELS = 32;
    private static final int PICTURES = 10;

    private TinyData() {}

    /** The words that occur, but for those that tell one review from another. */
    static List<String> words() {
        return Stream.of(GOOD, BAD, THINGS, NAMES, TOWNS, List.of("the", "is", "in", "lives", "where"))
                .flatMap(List::stream)
                .toList();
    }

    /** What a word is; empty for those that are like no other. */
    static String kind(String word) {
        return Map.of("good", GOOD, "bad", BAD, "thing", THINGS, "name", NAMES, "town", TOWNS).entrySet().stream()
                .filter(kind -> kind.getValue().contains(word))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse("");
    }

    /**
     * {@return the text of a review, such as "the lamp is great 0"; no two are equal, and those of even numbers are good}
     *
     * @param number which, from 0
     */
    public static String review(int number) {
        final List<String> words = number % 2 == 0 ? GOOD : BAD;
        return "the " + THINGS.get(number % THINGS.size()) + " is " + words.get(number / 2 % words.size()) + " "
                + number;
    }

    /**
     * Writes the first 40 reviews.
     *
     * @param file see {@link #reviews(Path, int, int)}
     * @return the file
     */
    public static Path reviews(Path file) {
        return reviews(file, 0, ROWS);
    }

    /**
     * Writes reviews as a table (TSV) with the columns text and label, which is positive or negative, each for half of them.
     *
     * @param file where to
     * @param from the number of the first, so that files to train on and to evaluate on can hold different ones
     * @param count how many
     * @return the file
     */
    public static Path reviews(Path file, int from, int count) {
        final List<String> lines = new ArrayList<>(List.of("text\tlabel"));
        for (int i = from; i < from + count; i++) {
            lines.add(review(i) + "\t" + (i % 2 == 0 ? "positive" : "negative"));
        }
        return write(file, String.join("\n", lines) + "\n");
    }

    /**
     * Writes 20 sentences with tagged words, one word a line (CoNLL): people are B-PER, towns B-LOC.
     *
     * @param file where to
     * @return the file
     */
    public static Path sentences(Path file) {
        final StringBuilder lines = new StringBuilder();
        for (String name : NAMES) {
            for (String town : TOWNS) {
                lines.append(name)
                        .append("\tB-PER\nlives\tO\nin\tO\n")
                        .append(town)
                        .append("\tB-LOC\n\n");
            }
        }
        return write(file, lines.toString());
    }

    /**
     * Writes 20 questions about a sentence each, which holds the answer (SQuAD's JSON).
     *
     * @param file where to
     * @return the file
     */
    public static Path questions(Path file) {
        final List<String> paragraphs = new ArrayList<>();
        for (String name : NAMES) {
            for (String town : TOWNS) {
                final String context = name + " lives in " + town + " .";
                paragraphs.add("""
                        {"context": "%s", "qas": [{"id": "%s", "question": "where is %s",
                         "answers": [{"text": "%s", "answer_start": %d}]}]}
                        """.formatted(context, name + town, name, town, context.indexOf(town)));
            }
        }
        return write(
                file,
                "{\"version\": \"1.1\", \"data\": [{\"title\": \"t\", \"paragraphs\": [" + String.join(",", paragraphs)
                        + "]}]}\n");
    }

    /**
     * Draws ten pictures each of two classes, 32 x 32 pixels, as PNG files in the folders "cold" (mostly blue) and "warm" (mostly
     * red).
     *
     * @param folder where to; made if it isn't there
     * @return the folder
     */
    public static Path pictures(Path folder) {
        for (String name : List.of("cold", "warm")) {
            for (int i = 0; i < PICTURES; i++) {
                final Path file = folder.resolve(name).resolve(i + ".png");
                try {
                    Files.createDirectories(file.getParent());
                    ImageIO.write(picture(name.equals("warm"), i), "png", file.toFile());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
        return folder;
    }

    private static BufferedImage picture(boolean warm, int number) {
        final SplittableRandom random = new SplittableRandom(number);
        final BufferedImage picture = new BufferedImage(PIXELS, PIXELS, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < PIXELS; y++) {
            for (int x = 0; x < PIXELS; x++) {
                final int strong = random.nextInt(128, 256);
                final int weak = random.nextInt(128);
                picture.setRGB(x, y, (warm ? strong : weak) << 16 | random.nextInt(128) << 8 | (warm ? weak : strong));
            }
        }
        return picture;
    }

    private static Path write(Path file, String text) {
        try {
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
