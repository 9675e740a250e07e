/** Pictures that the examples draw themselves: to pretrain on, and to fine-tune on. */
@NullMarked
package dev.finetune.examples.drawing;

import org.jspecify.annotations.NullMarked;
