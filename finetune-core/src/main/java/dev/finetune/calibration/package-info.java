/** Probabilities that mean what they say, and decisions that suit the data: fitted on validation data after training. */
@NullMarked
package dev.finetune.calibration;

import org.jspecify.annotations.NullMarked;
