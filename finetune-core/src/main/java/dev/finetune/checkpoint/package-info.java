/** Names to tensors and back: safetensors, sharded indexes, pickled checkpoints. */
@NullMarked
package dev.finetune.checkpoint;

import org.jspecify.annotations.NullMarked;
