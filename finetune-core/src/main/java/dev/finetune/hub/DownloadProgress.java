package dev.finetune.hub;

import java.util.OptionalLong;

/**
 * How far the download of one file is.
 *
 * @param modelId the model, as "org/name" or "name"
 * @param file the file's name inside the model's repository
 * @param bytes bytes on disk so far, those of an earlier, interrupted download included; falls back to 0 when a
 *     download has to start anew
 * @param total the file's size in bytes, if the hub announces it
 * @param done true once, in the last call for a file: the file is complete and verified
 */
public record DownloadProgress(String modelId, String file, long bytes, OptionalLong total, boolean done) {}
