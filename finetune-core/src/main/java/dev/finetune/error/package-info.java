/** What is thrown at a user: each message names what was found, what was expected, and how to mend it. */
@NullMarked
package dev.finetune.error;

import org.jspecify.annotations.NullMarked;
