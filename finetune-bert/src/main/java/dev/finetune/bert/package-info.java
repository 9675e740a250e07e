/** BERT and its kin: configuration, network, checkpoint names, tasks. */
@NullMarked
package dev.finetune.bert;

import org.jspecify.annotations.NullMarked;
