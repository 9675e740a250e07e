/** Predictions for data frames of Apache Spark, and fine-tuning on its executors. */
@NullMarked
package dev.finetune.spark;

import org.jspecify.annotations.NullMarked;
