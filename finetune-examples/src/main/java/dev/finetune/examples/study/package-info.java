/** Ways to fine-tune, compared on real data by the share of answers that are right. */
@NullMarked
package dev.finetune.examples.study;

import org.jspecify.annotations.NullMarked;
