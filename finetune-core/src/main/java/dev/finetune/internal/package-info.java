/** What every package of this library may use, and nothing else should. */
@org.jspecify.annotations.NullMarked
package dev.finetune.internal;
