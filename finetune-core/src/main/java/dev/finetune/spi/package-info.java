/** What a model family implements, and what the core hands it. */
@NullMarked
package dev.finetune.spi;

import org.jspecify.annotations.NullMarked;
