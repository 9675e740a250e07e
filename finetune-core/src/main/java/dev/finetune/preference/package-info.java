/** Learning which of two answers is preferred: pairs, losses over them, and what they are compared with. */
@NullMarked
package dev.finetune.preference;

import org.jspecify.annotations.NullMarked;
