/** A fit in a browser while it goes on. */
@NullMarked
package dev.finetune.live;

import org.jspecify.annotations.NullMarked;
