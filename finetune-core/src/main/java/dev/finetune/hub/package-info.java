/** From a model id to a local directory: cache, download, verification. */
@NullMarked
package dev.finetune.hub;

import org.jspecify.annotations.NullMarked;
