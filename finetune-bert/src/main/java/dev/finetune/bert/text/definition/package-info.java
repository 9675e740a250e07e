/**
 * Checks a tokenizer.json before the native library sees it. That library ends the process (a Rust panic that may not cross
 * JNI) where a definition is wrong in a way that it doesn't expect, so that what could lead there is refused here.
 */
@org.jspecify.annotations.NullMarked
package dev.finetune.bert.text.definition;
