package dev.finetune.vision;

import dev.finetune.batch.HostTensor;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Warnings;
import dev.finetune.vision.image.BufferedImages;
import dev.finetune.vision.image.Pixels;
import dev.finetune.vision.image.PngFile;
import dev.finetune.vision.image.Preprocessing;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Many pictures on one, to look at: an augmented batch, the worst mistakes. Small pictures are enlarged without
 * smoothing, so that every pixel shows.
 *
 * <pre>{@code
 * new ImageSheet(ImageSheet.tiles(pixelValues, preprocessing, captions), 8).write(Path.of("batch.png"));
 * }</pre>
 *
 * @param tiles what is shown, row by row
 * @param columns how many are side by side
 */
public record ImageSheet(List<Tile> tiles, int columns) {
    private static final Logger LOG = LoggerFactory.getLogger(ImageSheet.class);
    private static final int SMALLEST = 112;
    private static final int LETTER = 6;
    private static final int WIDEST_CAPTION = 200;
    private static final int GAP = 6;
    private static final int CAPTION = 16;
    private static final long MOST_PIXELS = 200_000_000;

    /**
     * Keeps its own copy.
     *
     * @throws FinetuneException if there are no tiles or no columns
     */
    public ImageSheet {
        tiles = List.copyOf(tiles);
        if (tiles.isEmpty() || columns < 1) {
            throw new FinetuneException("A sheet of " + tiles.size() + " pictures in " + columns
                    + " columns can't be drawn; give at least one of each.");
        }
    }

    /**
     * One picture with a line below it.
     *
     * @param pixels the picture
     * @param caption such as {@code "ant, taken for bee (0.93)"}; may be empty
     */
    public record Tile(Pixels pixels, String caption) {}

    /**
     * {@return the pictures of a batch, with normalisation undone}
     *
     * @param pixelValues [batch, 3, height, width]
     * @param preprocessing what made the numbers
     * @param captions one for each picture
     * @throws FinetuneException if the numbers aren't of RGB pictures, or there are more or fewer captions
     */
    public static List<Tile> tiles(HostTensor.Floats pixelValues, Preprocessing preprocessing, List<String> captions) {
        long[] shape = pixelValues.shape();
        if (shape.length != 4 || shape[1] != Pixels.CHANNELS || shape[0] != captions.size()) {
            throw new FinetuneException("Pixel values of shape " + Arrays.toString(shape) + " with "
                    + captions.size() + " captions can't be shown; expected [batch, 3, height, width] and a caption"
                    + " for each picture.");
        }
        int height = (int) shape[2];
        int width = (int) shape[3];
        List<Tile> tiles = new ArrayList<>();
        for (int i = 0; i < captions.size(); i++) {
            byte[] rgb = new byte[height * width * Pixels.CHANNELS];
            for (int channel = 0; channel < Pixels.CHANNELS; channel++) {
                double std = preprocessing.std().get(channel);
                double mean = preprocessing.mean().get(channel);
                int from = (i * Pixels.CHANNELS + channel) * height * width;
                for (int at = 0; at < height * width; at++) {
                    double value = (pixelValues.data()[from + at] * std + mean) / preprocessing.rescale();
                    rgb[at * Pixels.CHANNELS + channel] = (byte) Math.round(Math.max(0, Math.min(255, value)));
                }
            }
            tiles.add(new Tile(new Pixels(rgb, height, width), captions.get(i)));
        }
        return tiles;
    }

    /**
     * Writes the sheet as PNG.
     *
     * @param file the PNG file, replaced if it is there
     * @throws FinetuneException if the file can't be written, or the sheet would be larger than 200 million pixels
     */
    public void write(Path file) {
        try {
            PngFile.write(draw(), file);
        } catch (IOException e) {
            throw new FinetuneException(file + " could not be written: " + e, e);
        }
    }

    private BufferedImage draw() {
        int largest = tiles.stream()
                .mapToInt(tile -> Math.max(tile.pixels().height(), tile.pixels().width()))
                .max()
                .orElseThrow();
        int scale = Math.max(1, SMALLEST / largest);
        int caption = tiles.stream()
                .mapToInt(tile -> LETTER * tile.caption().length())
                .max()
                .orElseThrow();
        int picture = scale
                * tiles.stream().mapToInt(tile -> tile.pixels().width()).max().orElseThrow();
        int cellWidth = Math.max(picture, Math.min(caption, WIDEST_CAPTION)) + GAP;
        int cellHeight = scale
                        * tiles.stream()
                                .mapToInt(tile -> tile.pixels().height())
                                .max()
                                .orElseThrow()
                + GAP
                + CAPTION;
        int across = Math.min(columns, tiles.size());
        int down = (tiles.size() + across - 1) / across;
        if ((long) cellWidth * across * cellHeight * down > MOST_PIXELS) {
            throw new FinetuneException("A sheet of " + tiles.size() + " pictures of up to " + largest
                    + " pixels is too large to draw; show fewer, or smaller ones.");
        }
        BufferedImage sheet =
                new BufferedImage(cellWidth * across + GAP, cellHeight * down + GAP, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = sheet.createGraphics();
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
        for (int i = 0; i < tiles.size(); i++) {
            Pixels pixels = tiles.get(i).pixels();
            graphics.drawImage(
                    BufferedImages.of(pixels),
                    i % across * cellWidth + GAP,
                    i / across * cellHeight + GAP,
                    scale * pixels.width(),
                    scale * pixels.height(),
                    null);
        }
        captions(graphics, across, cellWidth, cellHeight);
        graphics.dispose();
        return sheet;
    }

    /** Writes the captions; a Java without fonts (a bare container) shows the pictures alone. */
    private void captions(Graphics2D graphics, int across, int cellWidth, int cellHeight) {
        try {
            graphics.setColor(Color.BLACK);
            graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
            graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            for (int i = 0; i < tiles.size(); i++) {
                int left = i % across * cellWidth + GAP;
                graphics.setClip(left, 0, cellWidth - GAP, Integer.MAX_VALUE);
                graphics.drawString(tiles.get(i).caption(), left, (i / across + 1) * cellHeight - 2);
            }
        } catch (RuntimeException | LinkageError | InternalError e) {
            Warnings.say(
                    LOG,
                    "This Java has no fonts (" + e + "), so the sheet has no captions. Install fontconfig and a font."
                            + " Captions: "
                            + tiles.stream().map(Tile::caption).collect(Collectors.joining(" | ")));
        }
    }
}
