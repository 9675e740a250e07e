/** Finding settings: the learning-rate range test, and the search over any setting of a tuner. */
@NullMarked
package dev.finetune.search;

import org.jspecify.annotations.NullMarked;
