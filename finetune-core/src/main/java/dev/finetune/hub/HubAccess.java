package dev.finetune.hub;

import dev.finetune.internal.Records;
import java.util.Objects;
import java.util.Optional;

/**
 * Which version of a model is fetched, from where, and who hears of it. Immutable: its methods of one argument give variants.
 *
 * @param revision a branch, tag or commit; "main" by default
 * @param settings where the hub and its cache are; those of the environment (HF_HOME, HF_ENDPOINT, HF_TOKEN ...) if none are
 *     given
 * @param downloads hears how downloads go on; nobody by default
 */
public record HubAccess(String revision, Optional<HubSettings> settings, DownloadListener downloads) {
    /** The newest version, as the environment says. */
    public static final HubAccess DEFAULT =
            new HubAccess(Hub.DEFAULT_REVISION, Optional.empty(), DownloadListener.none());

    /** Checks that nothing is missing. */
    public HubAccess {
        Objects.requireNonNull(revision, "revision");
        Objects.requireNonNull(settings, "settings");
        Objects.requireNonNull(downloads, "downloads");
    }

    /** {@return whether a version was said, which only a model of the hub has} */
    public boolean choosesRevision() {
        return !revision.equals(Hub.DEFAULT_REVISION);
    }

    /** {@return the settings, or else those of the environment} */
    public HubSettings orFromEnvironment() {
        return settings.orElseGet(HubSettings::fromEnvironment);
    }

    /**
     * The branch, tag or commit of a model on the hub; "main" by default. Refused of a local directory or file, which has none.
     *
     * @param name a name or a commit's hash
     * @return the same with that setting
     */
    public HubAccess revision(String name) {
        Objects.requireNonNull(name, "name");
        return Records.with(this, "revision", name);
    }

    /**
     * Where the hub and its cache are; from the environment (HF_HOME, HF_ENDPOINT, HF_TOKEN ...) by default.
     *
     * @param hub where models are looked for, and kept
     * @return the same with that setting
     */
    public HubAccess settings(HubSettings hub) {
        Objects.requireNonNull(hub, "hub");
        return Records.with(this, "settings", Optional.of(hub));
    }

    /**
     * Tells how downloads from the hub go on.
     *
     * @param listener called on the threads that download
     * @return the same with that setting
     */
    public HubAccess downloads(DownloadListener listener) {
        Objects.requireNonNull(listener, "listener");
        return Records.with(this, "downloads", listener);
    }
}
