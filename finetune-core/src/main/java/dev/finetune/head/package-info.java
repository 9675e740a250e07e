/** What a model is to predict, and what it says. */
@NullMarked
package dev.finetune.head;

import org.jspecify.annotations.NullMarked;
