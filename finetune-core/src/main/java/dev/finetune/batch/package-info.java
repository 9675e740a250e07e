/** Examples on their way into a network: encoded, collated, in arrays of Java. */
@NullMarked
package dev.finetune.batch;

import org.jspecify.annotations.NullMarked;
