/** Learning from a few examples a class: contrastive pairs, then a logistic regression. */
@NullMarked
package dev.finetune.fewshot;

import org.jspecify.annotations.NullMarked;
