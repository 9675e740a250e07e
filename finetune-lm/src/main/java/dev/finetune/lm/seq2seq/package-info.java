/** Language models that read one text and write another: encoder and decoder, what they read, and what they are trained for. */
@NullMarked
package dev.finetune.lm.seq2seq;

import org.jspecify.annotations.NullMarked;
