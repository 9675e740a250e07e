/** Random changes of training pictures: what {@link dev.finetune.vision.Augment} makes. */
@NullMarked
package dev.finetune.vision.augment;

import org.jspecify.annotations.NullMarked;
