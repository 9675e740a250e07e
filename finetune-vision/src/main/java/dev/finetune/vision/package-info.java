/**
 * Image families come here: how their checkpoints, networks, pictures and heads become what {@code finetune-core} can
 * train. There are none yet; until there are, this module only keeps the build honest.
 */
@NullMarked
package dev.finetune.vision;

import org.jspecify.annotations.NullMarked;
