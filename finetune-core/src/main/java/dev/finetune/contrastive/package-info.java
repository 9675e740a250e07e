/** Learning what is alike: pairs with the others of their batch as counterexamples, for vectors that are compared. */
@NullMarked
package dev.finetune.contrastive;

import org.jspecify.annotations.NullMarked;
