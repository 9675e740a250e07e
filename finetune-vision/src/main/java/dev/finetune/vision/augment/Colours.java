package dev.finetune.vision.augment;

import dev.finetune.vision.image.Pixels;
import java.util.function.IntUnaryOperator;

/**
 * Changes of colour and contrast, with the formulas of torchvision's {@code transforms.v2.functional} for 8-bit
 * pictures (_color.py). A factor of 1 changes nothing; results are cut to 0 to 255 and rounded down.
 */
final class Colours {
    private static final float RED = 0.2989f;
    private static final float GREEN = 0.587f;
    private static final float BLUE = 0.114f;

    private Colours() {}

    /** {@code value * factor}. */
    static Pixels brightness(Pixels pixels, double factor) {
        float by = (float) factor;
        return map(pixels, value -> clip(value * by));
    }

    /** {@code value * factor + mean * (1 - factor)}, where mean is that of the picture's greys. */
    static Pixels contrast(Pixels pixels, double factor) {
        byte[] rgb = pixels.rgb();
        int count = rgb.length / 3;
        double sum = 0;
        for (int at = 0; at < rgb.length; at += 3) {
            sum += grey(rgb, at);
        }
        float by = (float) factor;
        float rest = (float) (sum / count) * (float) (1 - factor);
        return map(pixels, value -> clip(value * by + rest));
    }

    /** {@code value * factor + grey * (1 - factor)}. */
    static Pixels saturation(Pixels pixels, double factor) {
        byte[] from = pixels.rgb();
        byte[] to = new byte[from.length];
        float by = (float) factor;
        float rest = (float) (1 - factor);
        for (int at = 0; at < from.length; at += 3) {
            int grey = grey(from, at);
            for (int channel = at; channel < at + 3; channel++) {
                to[channel] = (byte) clip(Math.fma((float) grey, rest, (from[channel] & 0xFF) * by));
            }
        }
        return new Pixels(to, pixels.height(), pixels.width());
    }

    /** 0.2989 red + 0.587 green + 0.114 blue, rounded down. */
    private static int grey(byte[] rgb, int at) {
        return (int) ((rgb[at] & 0xFF) * RED + (rgb[at + 1] & 0xFF) * GREEN + (rgb[at + 2] & 0xFF) * BLUE);
    }

    /** Moves the hue by a share of the colour circle, -0.5 to 0.5, by way of HSV. */
    static Pixels hue(Pixels pixels, double share) {
        if (share == 0) {
            return pixels;
        }
        byte[] from = pixels.rgb();
        byte[] to = new byte[from.length];
        for (int at = 0; at < from.length; at += 3) {
            shiftHue(from, to, at, share);
        }
        return new Pixels(to, pixels.height(), pixels.width());
    }

    private static void shiftHue(byte[] from, byte[] to, int at, double share) {
        float red = (from[at] & 0xFF) / 255f;
        float green = (from[at + 1] & 0xFF) / 255f;
        float blue = (from[at + 2] & 0xFF) / 255f;
        float most = Math.max(red, Math.max(green, blue));
        float least = Math.min(red, Math.min(green, blue));
        float range = most - least;
        float divisor = range == 0 ? 1 : range;
        float saturation = range == 0 ? 0 : range / most;
        float fromRed = (most - red) / divisor;
        float fromGreen = (most - green) / divisor;
        float fromBlue = (most - blue) / divisor;
        float sixths =
                most == red ? fromBlue - fromGreen : most == green ? 2 + fromRed - fromBlue : 4 + fromGreen - fromRed;
        double hue = sixths / 6.0 + share;
        double turned = (hue - Math.floor(hue)) * 6;
        int sector = (int) Math.floor(turned);
        float rest = (float) (turned - sector);
        float p = Math.max(0, most * (1 - saturation));
        float q = Math.max(0, most * (1 - saturation * rest));
        float t = Math.max(0, most * (1 - saturation * (1 - rest)));
        switch (sector % 6) {
            case 0 -> put(to, at, most, t, p);
            case 1 -> put(to, at, q, most, p);
            case 2 -> put(to, at, p, most, t);
            case 3 -> put(to, at, p, q, most);
            case 4 -> put(to, at, t, p, most);
            default -> put(to, at, most, p, q);
        }
    }

    private static void put(byte[] to, int at, float red, float green, float blue) {
        to[at] = (byte) clip(red * 255.999f);
        to[at + 1] = (byte) clip(green * 255.999f);
        to[at + 2] = (byte) clip(blue * 255.999f);
    }

    /** {@code value * factor + blurred * (1 - factor)}, blurred by (1 1 1, 1 5 1, 1 1 1) / 13; the border stays. */
    static Pixels sharpness(Pixels pixels, double factor) {
        int height = pixels.height();
        int width = pixels.width();
        if (height <= 2 || width <= 2) {
            return pixels;
        }
        byte[] from = pixels.rgb();
        byte[] to = from.clone();
        int line = width * 3;
        for (int row = 1; row < height - 1; row++) {
            for (int at = row * line + 3; at < (row + 1) * line - 3; at++) {
                int value = from[at] & 0xFF;
                int sum = 4 * value;
                for (int near = at - line; near <= at + line; near += line) {
                    sum += (from[near - 3] & 0xFF) + (from[near] & 0xFF) + (from[near + 3] & 0xFF);
                }
                float blurred = (float) Math.rint(sum / 13.0);
                to[at] = (byte) clip(value + (blurred - value) * (float) (1 - factor));
            }
        }
        return new Pixels(to, height, width);
    }

    /** Keeps the highest bits. */
    static Pixels posterize(Pixels pixels, int bits) {
        int mask = bits >= 8 ? 0xFF : (1 << bits) - 1 << 8 - bits;
        return map(pixels, value -> value & mask);
    }

    /** Inverts values from a threshold on. */
    static Pixels solarize(Pixels pixels, double threshold) {
        return map(pixels, value -> value >= threshold ? 255 - value : value);
    }

    /** Stretches each channel to the whole range. */
    static Pixels autoContrast(Pixels pixels) {
        return tables(pixels, histogram -> {
            int least = 0;
            while (histogram[least] == 0) {
                least++;
            }
            int most = 255;
            while (histogram[most] == 0) {
                most--;
            }
            int start = least;
            float scale = (most - least) * (1f / 255);
            return most == least ? value -> value : value -> clip((value - start) / scale);
        });
    }

    /** Evens out each channel's histogram, as Pillow's ImageOps.equalize. */
    static Pixels equalize(Pixels pixels) {
        int count = pixels.height() * pixels.width();
        return tables(pixels, histogram -> {
            int most = 255;
            while (histogram[most] == 0) {
                most--;
            }
            int step = (count - histogram[most]) / 255;
            if (step == 0) {
                return value -> value;
            }
            int[] table = new int[256];
            int sum = 0;
            for (int value = 0; value < 256; value++) {
                table[value] = Math.min(255, (sum + (value == 0 ? 0 : step / 2)) / step);
                sum += histogram[value];
            }
            return value -> table[value];
        });
    }

    /** What becomes of a channel's values, by how often each occurs. */
    private interface Table {
        IntUnaryOperator of(int[] histogram);
    }

    private static Pixels tables(Pixels pixels, Table table) {
        byte[] from = pixels.rgb();
        byte[] to = new byte[from.length];
        for (int channel = 0; channel < 3; channel++) {
            int[] histogram = new int[256];
            for (int at = channel; at < from.length; at += 3) {
                histogram[from[at] & 0xFF]++;
            }
            IntUnaryOperator change = table.of(histogram);
            for (int at = channel; at < from.length; at += 3) {
                to[at] = (byte) change.applyAsInt(from[at] & 0xFF);
            }
        }
        return new Pixels(to, pixels.height(), pixels.width());
    }

    private static Pixels map(Pixels pixels, IntUnaryOperator change) {
        byte[] table = new byte[256];
        for (int value = 0; value < table.length; value++) {
            table[value] = (byte) change.applyAsInt(value);
        }
        byte[] from = pixels.rgb();
        byte[] to = new byte[from.length];
        for (int at = 0; at < from.length; at++) {
            to[at] = table[from[at] & 0xFF];
        }
        return new Pixels(to, pixels.height(), pixels.width());
    }

    private static int clip(float value) {
        return (int) Math.max(0, Math.min(255, value));
    }
}
