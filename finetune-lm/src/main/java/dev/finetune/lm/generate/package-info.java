/** How texts come about token by token: what is taken of the logits, when it ends, how tokens become text. */
@NullMarked
package dev.finetune.lm.generate;

import org.jspecify.annotations.NullMarked;
