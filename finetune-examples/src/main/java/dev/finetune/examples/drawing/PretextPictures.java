package dev.finetune.examples.drawing;

import java.awt.Color;
import java.awt.Shape;
import java.awt.geom.Arc2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.util.List;

/** An endless row of pictures of plain shapes, patterns and strokes: what the small ResNet is pretrained on. */
public final class PretextPictures {
    private static final List<String> KINDS = List.of(
            "disc",
            "ring",
            "square",
            "frame",
            "triangle",
            "star",
            "burst",
            "cross",
            "stripes",
            "checks",
            "dots",
            "spiral",
            "arc",
            "petals",
            "wave",
            "tree");

    private PretextPictures() {}

    /** The picture of that number; equal numbers give equal pictures. */
    public static Drawing picture(long index) {
        final int kind = (int) Math.floorMod(index, (long) KINDS.size());
        final Canvas canvas = new Canvas(index * 0x9E3779B97F4A7C15L + 1);
        draw(canvas, KINDS.get(kind));
        return canvas.finished(KINDS.get(kind));
    }

    private static void draw(Canvas canvas, String kind) {
        final Color colour = canvas.colour();
        final double size = canvas.between(14, 26);
        switch (kind) {
            case "disc" -> canvas.fill(Canvas.ellipse(0, 0, size, size), colour);
            case "ring" -> canvas.line(Canvas.ellipse(0, 0, size, size), canvas.between(2, 6), colour);
            case "square" -> canvas.fill(square(size), colour);
            case "frame" -> canvas.line(square(size), canvas.between(2, 6), colour);
            case "triangle" -> canvas.fill(Canvas.star(3, size, size / 2), colour);
            case "star" -> canvas.fill(Canvas.star(5, size, size * 0.4), colour);
            case "burst" -> canvas.fill(Canvas.star(canvas.random.nextInt(9, 14), size, size * 0.6), colour);
            case "cross" -> repeat(canvas, 2, Math.PI / 2, bar(size, canvas.between(3, 6)), colour);
            case "petals" -> {
                final int petals = canvas.random.nextInt(4, 8);
                repeat(
                        canvas,
                        petals,
                        2 * Math.PI / petals,
                        Canvas.ellipse(0, -size * 0.6, size * 0.25, size * 0.5),
                        colour);
            }
            default -> pattern(canvas, kind, size, colour);
        }
    }

    private static void pattern(Canvas canvas, String kind, double size, Color colour) {
        final double step = canvas.between(6, 11);
        switch (kind) {
            case "stripes" -> {
                for (double x = -size; x <= size; x += step) {
                    canvas.line(new Line2D.Double(x, -size, x, size), step * 0.35, colour);
                }
            }
            case "checks", "dots" -> {
                for (int i = -2; i <= 2; i++) {
                    for (int j = -2; j <= 2; j++) {
                        if (kind.equals("dots")) {
                            canvas.fill(Canvas.ellipse(i * step, j * step, step * 0.3, step * 0.3), colour);
                        } else if ((i + j) % 2 == 0) {
                            canvas.fill(new Rectangle2D.Double(i * step, j * step, step, step), colour);
                        }
                    }
                }
            }
            case "arc" ->
                canvas.line(
                        new Arc2D.Double(-size, -size, 2 * size, 2 * size, 30, canvas.between(120, 200), Arc2D.OPEN),
                        canvas.between(2, 6),
                        colour);
            case "tree" -> {
                canvas.line(new Line2D.Double(0, size, 0, -size), 3, colour);
                for (double y = -size; y < size; y += step) {
                    canvas.line(new Line2D.Double(0, y + step, -step, y), 2, colour);
                    canvas.line(new Line2D.Double(0, y + step, step, y), 2, colour);
                }
            }
            default -> canvas.line(curve(kind.equals("wave"), size), canvas.between(2, 4), colour);
        }
    }

    private static Shape curve(boolean wave, double size) {
        final Path2D path = new Path2D.Double();
        path.moveTo(wave ? -size : 0, 0);
        for (double t = 0; t <= 1; t += 0.02) {
            final double angle = 5 * Math.PI * t;
            final double x = wave ? size * (2 * t - 1) : size * t * Math.cos(angle);
            path.lineTo(x, wave ? size * 0.4 * Math.sin(angle) : size * t * Math.sin(angle));
        }
        return path;
    }

    private static Shape square(double size) {
        return new Rectangle2D.Double(-size * 0.8, -size * 0.8, size * 1.6, size * 1.6);
    }

    private static Shape bar(double size, double half) {
        return new Rectangle2D.Double(-half, -size, 2 * half, 2 * size);
    }

    private static void repeat(Canvas canvas, int times, double angle, Shape shape, Color colour) {
        for (int i = 0; i < times; i++) {
            canvas.fill(Canvas.turned(shape, i * angle), colour);
        }
    }
}
