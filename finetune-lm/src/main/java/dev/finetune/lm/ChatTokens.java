package dev.finetune.lm;

import dev.finetune.batch.Target;

/**
 * A conversation as tokens, to learn from.
 *
 * @param ids token ids
 * @param labels one an id: the id itself where the assistant speaks, {@link Target#IGNORED} elsewhere
 */
public record ChatTokens(int[] ids, int[] labels) {}
