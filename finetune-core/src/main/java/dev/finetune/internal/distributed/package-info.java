/** How processes that train together find each other, what they tell each other, and how they notice that one is gone. */
@org.jspecify.annotations.NullMarked
package dev.finetune.internal.distributed;
