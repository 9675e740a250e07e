/** What is put on decoders, and what it is trained for. */
@NullMarked
package dev.finetune.lm.head;

import org.jspecify.annotations.NullMarked;
