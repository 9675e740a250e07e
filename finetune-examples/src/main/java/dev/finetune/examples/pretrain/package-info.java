/** The recipe of the small encoder that the examples ship: vocabulary, then masked-language modelling. */
@NullMarked
package dev.finetune.examples.pretrain;

import org.jspecify.annotations.NullMarked;
