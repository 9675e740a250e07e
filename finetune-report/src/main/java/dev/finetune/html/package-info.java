/** Pages of HTML that show fits: what they say of a record, section by section. */
@NullMarked
package dev.finetune.html;

import org.jspecify.annotations.NullMarked;
