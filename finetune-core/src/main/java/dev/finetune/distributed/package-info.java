/** Training by several processes, on one machine or many, that share the data. */
@org.jspecify.annotations.NullMarked
package dev.finetune.distributed;
