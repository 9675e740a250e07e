/** Runnable mains: quickstart, jobs on data of your own, pretraining, benchmarks. */
@NullMarked
package dev.finetune.examples;

import org.jspecify.annotations.NullMarked;
