/** Ways to adapt a model with few parameters, and their names in PEFT's files. */
@NullMarked
package dev.finetune.peft;

import org.jspecify.annotations.NullMarked;
