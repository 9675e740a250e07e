/** The training loop and its parts: optimizers, schedules, clipping, accumulation, precision. */
@NullMarked
package dev.finetune.train;

import org.jspecify.annotations.NullMarked;
