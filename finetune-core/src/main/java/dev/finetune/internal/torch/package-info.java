/** The only package that knows the sharp edges of LibTorch. */
@NullMarked
package dev.finetune.internal.torch;

import org.jspecify.annotations.NullMarked;
