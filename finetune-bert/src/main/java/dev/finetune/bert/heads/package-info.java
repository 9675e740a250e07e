/** The heads that Transformers puts on BERT-family encoders, by the same parameter names. */
@NullMarked
package dev.finetune.bert.heads;

import org.jspecify.annotations.NullMarked;
