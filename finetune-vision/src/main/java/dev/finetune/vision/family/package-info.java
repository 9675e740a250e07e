/** The families of image networks: how each library's checkpoints become a plan, and a plan a model. */
@NullMarked
package dev.finetune.vision.family;

import org.jspecify.annotations.NullMarked;
