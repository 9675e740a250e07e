/** What a head is trained for: loss, metrics and the decoding of outputs into predictions. */
@NullMarked
package dev.finetune.task;

import org.jspecify.annotations.NullMarked;
