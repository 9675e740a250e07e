package dev.finetune.examples.drawing;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;

/**
 * Drawn grey pictures in the manner of X-rays of a chest: two dark lungs, ribs, vessels, noise, and in few of them a faint round
 * shadow within a lung. Calcifications, small and bright, are in both kinds, so that the brightest place tells nothing. No
 * picture of a person went into them, and nothing that is learned from them is of use on one.
 */
public final class LesionPictures {
    /** The class of most pictures. */
    public static final String CLEAR = "clear";

    /** The rare class. */
    public static final String LESION = "lesion";

    private static final int SIZE = 64;

    private final SplittableRandom random;
    private final double[] light = new double[SIZE * SIZE];
    private final Lung[] lungs;

    /**
     * A lesion.
     *
     * @param row of its middle, in pixels from the top
     * @param column of its middle, in pixels from the left
     * @param radius of it, in pixels
     */
    public record Place(double row, double column, double radius) {}

    /**
     * A picture that was written.
     *
     * @param file of it
     * @param lesion where it has one, if it has one
     */
    public record Written(Path file, Optional<Place> lesion) {}

    private record Lung(double row, double column, double high, double wide) {
        double inside(double r, double c) {
            final double down = (r - row) / high;
            final double across = (c - column) / wide;
            return down * down + across * across;
        }
    }

    private LesionPictures(long seed) {
        random = new SplittableRandom(seed);
        lungs = new Lung[] {lung(20), lung(44)};
    }

    /**
     * Writes PNG files, a folder for each class; equal seeds give equal files.
     *
     * @param folder where to, made if need be
     * @param seed of all that is random
     * @param count how many pictures
     * @param share of them with a lesion, which is rounded
     */
    public static List<Written> write(Path folder, long seed, int count, double share) {
        final List<Written> all = new ArrayList<>();
        final long lesions = Math.round(share * count);
        try {
            for (int i = 0; i < count; i++) {
                final boolean ill = i < lesions;
                final LesionPictures picture = new LesionPictures(seed * 1_000_003L + i);
                final Optional<Place> lesion = picture.draw(ill);
                final Path file = Files.createDirectories(folder.resolve(ill ? LESION : CLEAR))
                        .resolve(i + ".png");
                ImageIO.write(picture.image(), "png", file.toFile());
                all.add(new Written(file, lesion));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("pictures could not be written to " + folder, e);
        }
        return all;
    }

    private double between(double from, double to) {
        return random.nextDouble(from, to);
    }

    private Lung lung(double column) {
        return new Lung(32 + between(-3, 3), column + between(-2, 2), between(21, 26), between(8, 10.5));
    }

    private Optional<Place> draw(boolean ill) {
        final double body = between(120, 160);
        final double air = between(40, 70);
        final double tilt = between(-0.4, 0.4);
        for (int r = 0; r < SIZE; r++) {
            for (int c = 0; c < SIZE; c++) {
                final double in = Math.min(lungs[0].inside(r, c), lungs[1].inside(r, c));
                final double edge = 1 / (1 + Math.exp(9 * (in - 1)));
                light[r * SIZE + c] = body + tilt * (r - 32) - air * edge;
            }
        }
        ribs();
        vessels();
        for (int i = random.nextInt(4); i > 0; i--) {
            spot(place(random.nextInt(2), 0.6, 1), between(50, 90));
        }
        final Optional<Place> lesion = ill ? Optional.of(place(random.nextInt(2), 3.2, 5.5)) : Optional.empty();
        lesion.ifPresent(at -> spot(at, between(34, 62)));
        return lesion;
    }

    private void ribs() {
        final double distance = between(7, 9);
        final double bright = between(6, 14);
        for (double top = between(2, 8); top < SIZE; top += distance) {
            for (int c = 0; c < SIZE; c++) {
                final double middle = top + (c - 32) * (c - 32) / 90.0;
                for (int r = 0; r < SIZE; r++) {
                    final double off = (r - middle) / 1.3;
                    light[r * SIZE + c] += bright * Math.exp(-off * off);
                }
            }
        }
    }

    private void vessels() {
        for (Lung lung : lungs) {
            for (int i = random.nextInt(4, 9); i > 0; i--) {
                double r = lung.row + between(-4, 4);
                double c = lung.column + between(-2, 2);
                double angle = between(0, 2 * Math.PI);
                for (int step = random.nextInt(8, 20); step > 0; step--) {
                    spot(new Place(r, c, 0.7), 10);
                    angle += between(-0.4, 0.4);
                    r += Math.sin(angle);
                    c += Math.cos(angle);
                }
            }
        }
    }

    /** Somewhere well within a lung. */
    private Place place(int lung, double smallest, double largest) {
        final Lung in = lungs[lung];
        final double angle = between(0, 2 * Math.PI);
        final double out = Math.sqrt(between(0, 0.6));
        return new Place(
                in.row + in.high * out * Math.sin(angle),
                in.column + in.wide * out * Math.cos(angle),
                between(smallest, largest));
    }

    /** A soft round shadow. */
    private void spot(Place at, double bright) {
        final int reach = (int) Math.ceil(2.5 * at.radius);
        for (int r = Math.max(0, (int) at.row - reach); r < Math.min(SIZE, at.row + reach + 1); r++) {
            for (int c = Math.max(0, (int) at.column - reach); c < Math.min(SIZE, at.column + reach + 1); c++) {
                final double down = (r - at.row) / at.radius;
                final double across = (c - at.column) / at.radius;
                light[r * SIZE + c] += bright * Math.exp(-(down * down + across * across));
            }
        }
    }

    private BufferedImage image() {
        final BufferedImage image = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_INT_RGB);
        final double noise = between(3, 9);
        for (int r = 0; r < SIZE; r++) {
            for (int c = 0; c < SIZE; c++) {
                final double value = light[r * SIZE + c] + between(-noise, noise);
                final int grey = (int) Math.max(0, Math.min(255, value));
                image.setRGB(c, r, grey << 16 | grey << 8 | grey);
            }
        }
        return image;
    }
}
