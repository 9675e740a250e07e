package dev.finetune.examples.drawing;

import java.awt.Color;
import java.awt.geom.Arc2D;
import java.awt.geom.Line2D;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/** Drawn pictures of what is found in a garden: the small set that the image quickstart fine-tunes on. */
public final class GardenPictures {
    private static final List<String> CLASSES = List.of("beetle", "butterfly", "flower", "leaf", "mushroom", "snail");

    private GardenPictures() {}

    /** Writes PNG files, a folder for each class; equal seeds give equal files. */
    public static void write(Path folder, long seed, int perClass) {
        try {
            for (int i = 0; i < CLASSES.size(); i++) {
                final Path place = Files.createDirectories(folder.resolve(CLASSES.get(i)));
                for (int j = 0; j < perClass; j++) {
                    final Canvas canvas = new Canvas((seed * 1000 + i) * 1_000_003L + j);
                    draw(canvas, CLASSES.get(i));
                    final Drawing drawing = canvas.finished(CLASSES.get(i));
                    ImageIO.write(
                            drawing.image(), "png", place.resolve(j + ".png").toFile());
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("pictures could not be written to " + folder, e);
        }
    }

    private static void draw(Canvas canvas, String what) {
        final Color one = canvas.colour();
        final Color two = canvas.colour();
        switch (what) {
            case "beetle" -> {
                for (int i = -1; i <= 1; i++) {
                    canvas.line(new Line2D.Double(-18, i * 9 - 3, 18, i * 9 + 3), 1.5, two);
                }
                canvas.fill(Canvas.ellipse(0, 2, 12, 16), one);
                canvas.fill(Canvas.ellipse(0, -15, 6, 5), two);
                canvas.line(new Line2D.Double(0, -14, 0, 17), 1, two);
            }
            case "butterfly" -> {
                for (int side = -1; side <= 1; side += 2) {
                    canvas.fill(Canvas.turned(Canvas.ellipse(side * 12, -8, 11, 8), side * 0.4), one);
                    canvas.fill(Canvas.turned(Canvas.ellipse(side * 10, 10, 8, 6), side * 0.5), one);
                }
                canvas.fill(Canvas.ellipse(0, 0, 2, 14), two);
            }
            case "flower" -> {
                final int petals = canvas.random.nextInt(5, 9);
                for (int i = 0; i < petals; i++) {
                    canvas.fill(Canvas.turned(Canvas.ellipse(0, -14, 5, 9), i * 2 * Math.PI / petals), one);
                }
                canvas.fill(Canvas.ellipse(0, 0, 7, 7), two);
            }
            case "leaf" -> {
                canvas.fill(Canvas.ellipse(0, 0, 10, 22), one);
                canvas.line(new Line2D.Double(0, -20, 0, 27), 1.5, two);
                for (int y = -12; y <= 12; y += 8) {
                    canvas.line(new Line2D.Double(0, y + 5, -8, y), 1, two);
                    canvas.line(new Line2D.Double(0, y + 5, 8, y), 1, two);
                }
            }
            case "mushroom" -> {
                canvas.fill(Canvas.ellipse(0, 10, 6, 14), two);
                canvas.fill(new Arc2D.Double(-20, -18, 40, 34, 0, 180, Arc2D.CHORD), one);
                for (int i = -1; i <= 1; i++) {
                    canvas.fill(Canvas.ellipse(i * 9, -6 - 3 * (1 - i * i), 2.5, 2.5), two);
                }
            }
            default -> {
                canvas.fill(Canvas.ellipse(0, 14, 24, 5), two);
                canvas.line(new Line2D.Double(22, 12, 26, 2), 1.5, two);
                canvas.fill(Canvas.ellipse(-2, 0, 15, 15), one);
                canvas.line(new Arc2D.Double(-12, -10, 20, 20, 0, 290, Arc2D.OPEN), 2, two);
                canvas.line(new Arc2D.Double(-7, -5, 10, 10, 90, 290, Arc2D.OPEN), 2, two);
            }
        }
    }
}
