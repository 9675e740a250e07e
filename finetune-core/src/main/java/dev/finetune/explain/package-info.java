/** Why a model says what it says: which tokens and which places of a picture moved it, and where it is wrong more often. */
@NullMarked
package dev.finetune.explain;

import org.jspecify.annotations.NullMarked;
