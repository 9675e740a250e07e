/** The tasks that only texts have: tags for words, answers to questions, masked words. */
@NullMarked
package dev.finetune.bert.task;

import org.jspecify.annotations.NullMarked;
