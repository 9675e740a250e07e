/**
 * Names to tensors and back: safetensors, sharded indexes, pickled checkpoints, ONNX models.
 *
 * <p>{@link dev.finetune.checkpoint.Weights#open Weights.open} finds the weights of a model directory and reads one
 * tensor at a time, straight from the file to native memory; {@link dev.finetune.checkpoint.SafetensorsWriter} writes
 * them as Transformers does. Pickles are read by an interpreter that can execute nothing, and
 * of an ONNX model's graph only what it says of the weights.
 */
@NullMarked
package dev.finetune.checkpoint;

import org.jspecify.annotations.NullMarked;
