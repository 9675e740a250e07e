/** Pictures: the input type, data sets of pictures, augmentation, and sheets of pictures to look at. */
@NullMarked
package dev.finetune.vision;

import org.jspecify.annotations.NullMarked;
