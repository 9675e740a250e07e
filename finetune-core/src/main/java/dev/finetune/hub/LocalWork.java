package dev.finetune.hub;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Path;

/** Work on the cache's files: its failures are the disk's, not the network's, and trying again doesn't help. */
@FunctionalInterface
interface LocalWork<T> {
    T run() throws IOException;

    /**
     * Does the work.
     *
     * @throws FinetuneException naming the place, if the disk fails
     */
    static <T> T at(Path place, LocalWork<T> work) {
        try {
            return work.run();
        } catch (IOException e) {
            throw failed(place, e);
        }
    }

    static FinetuneException failed(Path place, IOException e) {
        return new FinetuneException(
                "The model cache can't be used at " + place + ": "
                        + e.getClass().getSimpleName() + ", " + e.getMessage()
                        + ". Check that the disk has room and that this user may write there, or choose another cache"
                        + " with HF_HUB_CACHE or HubSettings.withCacheDirectory.",
                e);
    }
}
