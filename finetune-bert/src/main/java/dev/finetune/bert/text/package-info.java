/** Texts to numbers for the BERT family: tokenizers, the encoders of each task, and answers back to texts. */
@NullMarked
package dev.finetune.bert.text;

import org.jspecify.annotations.NullMarked;
