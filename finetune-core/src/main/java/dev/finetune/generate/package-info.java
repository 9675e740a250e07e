/** What a model that writes is asked for, and what it wrote. */
@NullMarked
package dev.finetune.generate;

import org.jspecify.annotations.NullMarked;
