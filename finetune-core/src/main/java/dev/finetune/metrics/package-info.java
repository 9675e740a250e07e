/** Streaming, exact metrics over counts; no tensors. */
@NullMarked
package dev.finetune.metrics;

import org.jspecify.annotations.NullMarked;
