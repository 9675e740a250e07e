/** The recipes of the small models that the examples ship: an encoder of text, and a ResNet. */
@NullMarked
package dev.finetune.examples.pretrain;

import org.jspecify.annotations.NullMarked;
