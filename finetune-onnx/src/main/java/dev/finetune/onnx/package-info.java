/** ONNX files (https://onnx.ai), written from what networks say of themselves. */
@NullMarked
package dev.finetune.onnx;

import org.jspecify.annotations.NullMarked;
