package dev.finetune.hub;

import dev.finetune.error.FinetuneException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * How to reach the model hub, and where to keep what comes from it. Immutable: {@code with...} makes variants.
 *
 * <p>Java's own settings apply to the connection: {@code https.proxyHost} and {@code https.proxyPort} for a proxy,
 * {@code javax.net.ssl.trustStore} for certificates.
 *
 * @param cacheDirectory the cache, laid out as huggingface_hub does ("~/.cache/huggingface/hub"); absolute
 * @param endpoint the hub, an http or https address without query; default https://huggingface.co
 * @param token the access token for gated and private models; sent to the endpoint's scheme, host and port only, and
 *     never shown by {@link #toString()}
 * @param offline whether only local directories and the cache may be used; default false
 * @param symlinks whether snapshots may hold symbolic links to blobs, as they do by default; else, or where links can't
 *     be made, they hold hard links or copies
 * @param patience retries and time-outs
 * @param limits how much may come where nobody tells beforehand
 * @param progressInterval the shortest time between two progress reports of a file; default 200 ms
 */
public record HubSettings(
        Path cacheDirectory,
        URI endpoint,
        Optional<String> token,
        boolean offline,
        boolean symlinks,
        HubPatience patience,
        HubLimits limits,
        Duration progressInterval) {

    /** The public hub. */
    public static final URI DEFAULT_ENDPOINT = URI.create("https://huggingface.co");

    /** What Java gives for the home of a user who has none, as in a container that runs under a number. */
    private static final String NO_HOME = "?";

    /**
     * Checks every value.
     *
     * @throws FinetuneException naming the setting that can't be used; the token's text is never part of the message
     */
    public HubSettings {
        Objects.requireNonNull(cacheDirectory, "cacheDirectory");
        Objects.requireNonNull(endpoint, "endpoint");
        Objects.requireNonNull(token, "token");
        Objects.requireNonNull(patience, "patience");
        Objects.requireNonNull(limits, "limits");
        Objects.requireNonNull(progressInterval, "progressInterval");
        cacheDirectory = cacheDirectory.toAbsolutePath().normalize();
        endpoint = requireEndpoint(endpoint);
        if (token.isPresent() && !token.get().matches("[\\x21-\\x7e]+")) {
            throw new FinetuneException("The hub token has characters that no token has (spaces, line breaks, accents)"
                    + " or is empty; check HF_TOKEN or the token file. The token isn't shown here.");
        }
        if (progressInterval.isNegative()) {
            throw new FinetuneException("progressInterval is " + progressInterval + "; expected zero or more.");
        }
    }

    /**
     * {@return the public hub without a token, and the given cache}
     *
     * @param cacheDirectory in the layout of Hugging Face's own cache
     */
    public static HubSettings defaults(Path cacheDirectory) {
        Objects.requireNonNull(cacheDirectory, "cacheDirectory");
        return new HubSettings(
                cacheDirectory,
                DEFAULT_ENDPOINT,
                Optional.empty(),
                false,
                true,
                HubPatience.defaults(),
                HubLimits.defaults(),
                Duration.ofMillis(200));
    }

    /** {@return the settings of this process's environment and user: see {@link #fromEnvironment(Map, Path)}} */
    public static HubSettings fromEnvironment() {
        return fromEnvironment(System.getenv(), Path.of(System.getProperty("user.home", ".")));
    }

    /**
     * {@return the settings that huggingface_hub would read from the same variables; an empty variable counts as unset}
     *
     * <ul>
     *   <li>cache: HF_HUB_CACHE, else HUGGINGFACE_HUB_CACHE, else HF_HOME/hub, else XDG_CACHE_HOME/huggingface/hub,
     *       else ~/.cache/huggingface/hub; "~" and "$NAME" are expanded
     *   <li>token: HF_TOKEN, else HUGGING_FACE_HUB_TOKEN, else the file HF_TOKEN_PATH, else HF_HOME/token; none if
     *       HF_HUB_DISABLE_IMPLICIT_TOKEN is true
     *   <li>endpoint: HF_ENDPOINT
     *   <li>offline: HF_HUB_OFFLINE, else TRANSFORMERS_OFFLINE: 1, true, yes or on, in any case of letters
     *   <li>symbolic links: off if HF_HUB_DISABLE_SYMLINKS is true
     *   <li>time-outs in seconds: HF_HUB_ETAG_TIMEOUT (connecting), HF_HUB_DOWNLOAD_TIMEOUT (reading)
     * </ul>
     *
     * @param environment the variables, such as {@code System.getenv()}
     * @param userHome the user's home directory
     * @throws FinetuneException naming the variable whose value can't be used
     */
    public static HubSettings fromEnvironment(Map<String, String> environment, Path userHome) {
        Objects.requireNonNull(environment, "environment");
        Objects.requireNonNull(userHome, "userHome");
        return new HubEnvironment(environment, userHome).settings();
    }

    /**
     * {@return why the cache can't be used, and what to set: that of a user without a home would lie in a folder named "?";
     * empty where it can}
     */
    public Optional<String> whyNoCache() {
        for (Path name : cacheDirectory) {
            if (name.toString().equals(NO_HOME)) {
                return Optional.of("this process's user has no home directory (user.home is \"?\"): name a cache with"
                        + " HF_HOME or HF_HUB_CACHE");
            }
        }
        return Optional.empty();
    }

    /**
     * {@return a variant with another cache}
     *
     * @param directory in the layout of Hugging Face's own cache
     */
    public HubSettings withCacheDirectory(Path directory) {
        Objects.requireNonNull(directory, "directory");
        return new HubSettings(directory, endpoint, token, offline, symlinks, patience, limits, progressInterval);
    }

    /**
     * {@return a variant that asks another hub}
     *
     * @param hub with scheme and host, as HF_ENDPOINT
     */
    public HubSettings withEndpoint(URI hub) {
        Objects.requireNonNull(hub, "hub");
        return new HubSettings(cacheDirectory, hub, token, offline, symlinks, patience, limits, progressInterval);
    }

    /**
     * {@return a variant with the token, or with none}
     *
     * @param secret as HF_TOKEN; sent to the hub alone, and never logged
     */
    public HubSettings withToken(Optional<String> secret) {
        Objects.requireNonNull(secret, "secret");
        return new HubSettings(cacheDirectory, endpoint, secret, offline, symlinks, patience, limits, progressInterval);
    }

    /**
     * {@return a variant that may not, or may, use the network}
     *
     * @param onlyLocal true to use what the cache has and nothing else
     */
    public HubSettings withOffline(boolean onlyLocal) {
        return new HubSettings(
                cacheDirectory, endpoint, token, onlyLocal, symlinks, patience, limits, progressInterval);
    }

    /**
     * {@return a variant that may, or may not, make symbolic links}
     *
     * @param allowed false where the cache's file system has none: files are copied then
     */
    public HubSettings withSymlinks(boolean allowed) {
        return new HubSettings(cacheDirectory, endpoint, token, offline, allowed, patience, limits, progressInterval);
    }

    /**
     * {@return a variant with other retries and time-outs}
     *
     * @param other retries and time-outs
     */
    public HubSettings withPatience(HubPatience other) {
        Objects.requireNonNull(other, "other");
        return new HubSettings(cacheDirectory, endpoint, token, offline, symlinks, other, limits, progressInterval);
    }

    /**
     * {@return a variant with other limits}
     *
     * @param other how much may come where nobody tells beforehand
     */
    public HubSettings withLimits(HubLimits other) {
        Objects.requireNonNull(other, "other");
        return new HubSettings(cacheDirectory, endpoint, token, offline, symlinks, patience, other, progressInterval);
    }

    /**
     * {@return a variant that reports progress more or less often}
     *
     * @param interval the least time between two reports of a file
     */
    public HubSettings withProgressInterval(Duration interval) {
        Objects.requireNonNull(interval, "interval");
        return new HubSettings(cacheDirectory, endpoint, token, offline, symlinks, patience, limits, interval);
    }

    /** All settings but the token, of which it says only whether there is one. */
    @Override
    public String toString() {
        return "HubSettings[cacheDirectory=" + cacheDirectory + ", endpoint=" + endpoint + ", token="
                + (token.isPresent() ? "set" : "none") + ", offline=" + offline + ", symlinks=" + symlinks
                + ", patience=" + patience + ", limits=" + limits + ", progressInterval=" + progressInterval + "]";
    }

    private static URI requireEndpoint(URI uri) {
        boolean web = "https".equalsIgnoreCase(uri.getScheme()) || "http".equalsIgnoreCase(uri.getScheme());
        if (!web
                || uri.getHost() == null
                || uri.getRawUserInfo() != null
                || uri.getRawQuery() != null
                || uri.getRawFragment() != null) {
            throw new FinetuneException("The hub's endpoint can't be used: expected an address such as "
                    + DEFAULT_ENDPOINT + ", with http or https, a host, and no user, query or fragment, found scheme '"
                    + uri.getScheme() + "' and host '" + uri.getHost() + "'. Check HF_ENDPOINT.");
        }
        return URI.create(uri.toString().replaceAll("/+$", ""));
    }
}
