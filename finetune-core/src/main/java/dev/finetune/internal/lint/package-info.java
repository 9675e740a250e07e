/** What a thorough check of data computes, on texts and numbers alone: which are alike, broken, foreign, or labelled wrongly. */
@org.jspecify.annotations.NullMarked
package dev.finetune.internal.lint;
