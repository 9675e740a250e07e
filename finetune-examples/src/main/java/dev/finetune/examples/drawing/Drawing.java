package dev.finetune.examples.drawing;

import java.awt.image.BufferedImage;

/**
 * A picture that was drawn, and what it shows.
 *
 * @param image the picture
 * @param label what it shows
 */
public record Drawing(BufferedImage image, String label) {}
