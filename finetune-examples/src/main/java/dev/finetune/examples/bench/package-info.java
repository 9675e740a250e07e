/** Benchmarks that print one JSON line, with the options and keys of their Python counterparts. */
@NullMarked
package dev.finetune.examples.bench;

import org.jspecify.annotations.NullMarked;
