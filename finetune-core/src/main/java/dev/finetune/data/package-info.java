/** Data sets of labelled examples: what they hold, how they are read from files, split and checked. */
@NullMarked
package dev.finetune.data;

import org.jspecify.annotations.NullMarked;
