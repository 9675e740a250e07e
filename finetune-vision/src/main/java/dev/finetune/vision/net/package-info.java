/** The parts of residual and fire networks, laid out by plans that say every name, size and stride. */
@NullMarked
package dev.finetune.vision.net;

import org.jspecify.annotations.NullMarked;
