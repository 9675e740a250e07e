/**
 * Listeners that tell other tools how a training goes: TensorBoard, MLflow, Micrometer, Java Flight Recorder, and files of CSV or
 * JSON Lines. Each is given to {@link dev.finetune.FineTuner#listener}.
 */
@NullMarked
package dev.finetune.trackers;

import org.jspecify.annotations.NullMarked;
