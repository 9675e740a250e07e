/** What a page consists of, for the templates to lay out. */
@NullMarked
package dev.finetune.html.page;

import org.jspecify.annotations.NullMarked;
