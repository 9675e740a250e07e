package dev.finetune.examples.drawing;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.util.SplittableRandom;

/** A small picture in the making, with colours and places drawn from its own random numbers. */
final class Canvas {
    static final int SIZE = 64;

    final SplittableRandom random;
    private final BufferedImage image = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_INT_RGB);
    private final Graphics2D graphics = image.createGraphics();

    /** A canvas with a ground of two random colours and a few blots. */
    Canvas(long seed) {
        random = new SplittableRandom(seed);
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setPaint(new GradientPaint(0, 0, colour(), random.nextInt(1, SIZE), SIZE, colour()));
        graphics.fillRect(0, 0, SIZE, SIZE);
        for (int i = random.nextInt(5); i > 0; i--) {
            graphics.setColor(translucent(colour(), 110));
            graphics.fill(ellipse(between(0, SIZE), between(0, SIZE), between(2, 14), between(2, 14)));
        }
        graphics.translate(SIZE / 2.0 + between(-9, 9), SIZE / 2.0 + between(-9, 9));
        graphics.rotate(between(-0.6, 0.6));
        final double scale = between(0.6, 1.15);
        graphics.scale(scale, scale * between(0.8, 1.2));
    }

    double between(double from, double to) {
        return random.nextDouble(from, to);
    }

    Color colour() {
        return Color.getHSBColor((float) between(0, 1), (float) between(0.1, 0.95), (float) between(0.2, 1));
    }

    private static Color translucent(Color colour, int alpha) {
        return new Color(colour.getRed(), colour.getGreen(), colour.getBlue(), alpha);
    }

    static Ellipse2D ellipse(double x, double y, double rx, double ry) {
        return new Ellipse2D.Double(x - rx, y - ry, 2 * rx, 2 * ry);
    }

    /** A closed outline through points at angles that are evenly spread, at radii that alternate. */
    static Shape star(int points, double outer, double inner) {
        final Path2D path = new Path2D.Double();
        for (int i = 0; i < 2 * points; i++) {
            final double radius = i % 2 == 0 ? outer : inner;
            final double angle = Math.PI * i / points;
            if (i == 0) {
                path.moveTo(0, -radius);
            } else {
                path.lineTo(radius * Math.sin(angle), -radius * Math.cos(angle));
            }
        }
        path.closePath();
        return path;
    }

    static Shape turned(Shape shape, double angle) {
        return AffineTransform.getRotateInstance(angle).createTransformedShape(shape);
    }

    void fill(Shape shape, Color colour) {
        graphics.setColor(colour);
        graphics.fill(shape);
    }

    void line(Shape shape, double width, Color colour) {
        graphics.setColor(colour);
        graphics.setStroke(new BasicStroke((float) width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        graphics.draw(shape);
    }

    /** The picture with a little noise. */
    Drawing finished(String label) {
        graphics.dispose();
        final int noise = random.nextInt(4, 24);
        for (int y = 0; y < SIZE; y++) {
            for (int x = 0; x < SIZE; x++) {
                final int rgb = image.getRGB(x, y);
                int noisy = 0;
                for (int shift = 0; shift <= 16; shift += 8) {
                    final int value = (rgb >> shift & 0xFF) + random.nextInt(-noise, noise + 1);
                    noisy |= Math.max(0, Math.min(255, value)) << shift;
                }
                image.setRGB(x, y, noisy);
            }
        }
        return new Drawing(image, label);
    }
}
