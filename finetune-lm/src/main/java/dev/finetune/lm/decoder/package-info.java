/** Decoders: networks that read a text from left to right and say which token comes next. */
@NullMarked
package dev.finetune.lm.decoder;

import org.jspecify.annotations.NullMarked;
