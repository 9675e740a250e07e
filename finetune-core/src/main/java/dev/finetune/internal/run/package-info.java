/** The machinery between the fluent API and the training loop. */
@NullMarked
package dev.finetune.internal.run;

import org.jspecify.annotations.NullMarked;
