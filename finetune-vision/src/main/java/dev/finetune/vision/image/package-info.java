/** From a picture's bytes to the numbers that a network reads: decoding, resizing, preprocessing, batches. */
@NullMarked
package dev.finetune.vision.image;

import org.jspecify.annotations.NullMarked;
