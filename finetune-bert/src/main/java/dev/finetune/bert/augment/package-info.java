/** Random changes of training texts that need no other model. */
@NullMarked
package dev.finetune.bert.augment;

import org.jspecify.annotations.NullMarked;
