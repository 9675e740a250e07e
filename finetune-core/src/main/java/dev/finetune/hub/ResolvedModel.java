package dev.finetune.hub;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a model's files lie, and which version of them.
 *
 * @param directory the directory that holds config.json, the weights and the rest; for a model of the hub, a snapshot of
 *     the cache, which must not be written to
 * @param modelId the model's id, unless it was given as a local directory
 * @param commit the commit of the hub's repository, unless it was given as a local directory
 */
public record ResolvedModel(Path directory, Optional<String> modelId, Optional<String> commit) {}
