/** How texts and conversations become the rows that language models read, and what of them is predicted. */
@NullMarked
package dev.finetune.lm.input;

import org.jspecify.annotations.NullMarked;
