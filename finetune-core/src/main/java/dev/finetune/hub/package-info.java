/**
 * From a model id to a local directory: cache, download, verification.
 *
 * <p>{@link dev.finetune.hub.Hub} shares its cache with Python's huggingface_hub, file by file: what one downloaded, the
 * other finds.
 */
@NullMarked
package dev.finetune.hub;

import org.jspecify.annotations.NullMarked;
