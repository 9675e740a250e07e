/** Where native libraries are unpacked, and how they are loaded: safely, by one process at a time, with reasons on failure. */
@NullMarked
package dev.finetune.internal.natives;

import org.jspecify.annotations.NullMarked;
