/** What a fit was, as plain data: all that a report shows, written as JSON and read again. */
@NullMarked
package dev.finetune.record;

import org.jspecify.annotations.NullMarked;
