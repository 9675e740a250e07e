/** A plain Java tree of network modules over owned tensors. */
@NullMarked
package dev.finetune.nn;

import org.jspecify.annotations.NullMarked;
