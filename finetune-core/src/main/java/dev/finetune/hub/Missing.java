package dev.finetune.hub;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * What couldn't be found in the cache, to say how to bring it.
 *
 * @param cached the commit of the snapshot that is there but lacks something, if there is one
 * @param lacking what is missing
 */
record Missing(HubSettings settings, ModelId id, Revision revision, Optional<String> cached, List<String> lacking) {

    /** The error when the network may not be used. */
    FinetuneException offline() {
        return new FinetuneException(lookedFor() + " Offline mode (HF_HUB_OFFLINE or HubSettings.offline) keeps us from"
                + " asking " + settings.endpoint() + "." + remedies()
                + ", (d) unset HF_HUB_OFFLINE where there is a network.");
    }

    /** The error when the hub can't be reached. */
    FinetuneException unreachable(IOException e) {
        return new FinetuneException(
                lookedFor() + " " + settings.endpoint() + " didn't deliver it either: " + Retries.reason(e)
                        + ", after up to " + settings.patience().maxRetries()
                        + " retries. What was received so far is kept, and a later call goes on from there. Check the"
                        + " network, the proxy (-Dhttps.proxyHost) and HF_ENDPOINT." + remedies() + ".",
                e);
    }

    private String lookedFor() {
        RepositoryCache cache = RepositoryCache.of(settings, id);
        String where = cached.map(commit -> "the snapshot " + cache.snapshot(commit) + " lacks "
                        + (lacking.isEmpty() ? "optional files" : String.join(", ", lacking)))
                .orElseGet(() -> "there is no snapshot of that revision in " + cache.folder() + "; needed are "
                        + String.join(", ", lacking));
        return "The model '" + id.value() + "', revision '" + revision.name() + "', isn't in the cache: " + where + ". "
                + id.notLocal();
    }

    private String remedies() {
        return " To bring the files: (a) run 'hf download " + id.value() + " --revision " + revision.name()
                + "' (or 'huggingface-cli download') on a machine with a network and copy the cache here, (b) point"
                + " HF_HOME or HF_HUB_CACHE to a cache that has them (now " + settings.cacheDirectory()
                + "), (c) pass a local directory that holds them";
    }
}
