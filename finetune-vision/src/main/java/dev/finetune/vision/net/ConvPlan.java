package dev.finetune.vision.net;

import dev.finetune.nn.Conv2d;

/**
 * A convolution without bias and the batch norm after it.
 *
 * @param convolution the dotted name of the convolution, without ".weight"
 * @param norm the dotted name of the norm
 * @param shape of the convolution
 */
public record ConvPlan(String convolution, String norm, Conv2d.Shape shape) {}
