/** What a user types: the fluent entry, its settings, and the result. */
@NullMarked
package dev.finetune;

import org.jspecify.annotations.NullMarked;
