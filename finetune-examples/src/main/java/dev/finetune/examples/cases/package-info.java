/** Worked cases: whole jobs as they come up in practice, on data that is drawn or generated here. */
@NullMarked
package dev.finetune.examples.cases;

import org.jspecify.annotations.NullMarked;
