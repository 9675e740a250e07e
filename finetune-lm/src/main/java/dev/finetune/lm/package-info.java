/** Language models that write: families, networks, and what they are trained on. */
@NullMarked
package dev.finetune.lm;

import org.jspecify.annotations.NullMarked;
