/** Which parameters learn nothing. */
@NullMarked
package dev.finetune.freeze;

import org.jspecify.annotations.NullMarked;
