package dev.finetune.hub;

/**
 * Hears how downloads go on: once when a file begins, then at most every {@link HubSettings#progressInterval()}, once
 * when it is done. Files that are in the cache already aren't told.
 *
 * <p>It is called on the thread that resolves, so it should return soon; what it throws ends the download, which a later
 * call resumes.
 */
@FunctionalInterface
public interface DownloadListener {
    /**
     * Takes note of a file's progress.
     *
     * @param progress the file, and how much of it is there
     */
    void onProgress(DownloadProgress progress);

    /** {@return a listener that does nothing} */
    static DownloadListener none() {
        return progress -> {};
    }
}
