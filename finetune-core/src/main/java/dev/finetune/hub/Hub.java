package dev.finetune.hub;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Warnings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a model's files to this machine: from a local directory, from the cache that Python's huggingface_hub uses, or
 * from the hub, in this order.
 *
 * <pre>{@code
 * Path directory = Hub.fromEnvironment().resolve("google-bert/bert-base-uncased");
 * }</pre>
 *
 * <ol>
 *   <li>A directory of that name is returned as it is, whatever it holds.
 *   <li>A snapshot in the cache that holds what is needed is used <b>without asking the hub</b>, even if a branch has
 *       moved on since. To follow a branch, name a newer commit or remove the branch's file in the cache's refs. The
 *       needed files are the required ones and one complete set of each {@link FileAlternatives}; files that a repository may
 *       have or not ({@link FilesNeeded#ifPresent()}) don't send us to the network.
 *   <li>Unless offline, the hub is asked which commit the revision is and which files it has; the needed ones that the
 *       cache doesn't hold are downloaded, verified by size and checksum, and put into the cache for Java and Python.
 *       If the hub can't be reached, a snapshot that lacks nothing mandatory is used after all, with a warning.
 * </ol>
 *
 * <p>Interrupted downloads go on where they stopped. Threads may share a hub; threads and processes that want the same
 * file fetch it once.
 */
public final class Hub {
    /** The branch that is taken when none is named. */
    public static final String DEFAULT_REVISION = "main";

    static final Logger log = LoggerFactory.getLogger(Hub.class);

    private final HubSettings settings;
    private final DownloadListener listener;
    private final Retries retries;
    private final HubClient client;

    /**
     * A hub with the settings, whose downloads nobody listens to.
     *
     * @param settings where the hub and its cache are
     */
    public Hub(HubSettings settings) {
        this(settings, DownloadListener.none());
    }

    /**
     * A hub with the settings, and a listener that hears of its downloads.
     *
     * @param settings where the hub and its cache are
     * @param listener called on the thread that resolves
     */
    public Hub(HubSettings settings, DownloadListener listener) {
        this(settings, listener, Sleeper.sleeping());
    }

    Hub(HubSettings settings, DownloadListener listener, Sleeper pause) {
        this.settings = settings;
        this.listener = listener;
        this.retries = new Retries(settings.patience(), pause);
        this.client = new HubClient(settings, retries);
    }

    /** {@return a hub with {@linkplain HubSettings#fromEnvironment() the settings of this process's environment}} */
    public static Hub fromEnvironment() {
        return new Hub(HubSettings.fromEnvironment());
    }

    /**
     * {@return the directory of the model's files, for {@link #DEFAULT_REVISION} and {@link FilesNeeded#model()}}
     *
     * @param idOrPath a local directory, or a model id: "name" or "org/name"
     */
    public Path resolve(String idOrPath) {
        return resolve(idOrPath, DEFAULT_REVISION, FilesNeeded.model());
    }

    /**
     * {@return the directory of the model's files at a revision, for {@link FilesNeeded#model()}}
     *
     * @param idOrPath a local directory, or a model id: "name" or "org/name"
     * @param revision a branch, a tag or a commit; of no meaning for a local directory
     */
    public Path resolve(String idOrPath, String revision) {
        return resolve(idOrPath, revision, FilesNeeded.model());
    }

    /**
     * {@return the directory that {@link #locate} finds}
     *
     * @param idOrPath a local directory, or a model id: "name" or "org/name"
     * @param revision a branch, a tag or a commit; of no meaning for a local directory
     * @param needed the files that must be there
     */
    public Path resolve(String idOrPath, String revision, FilesNeeded needed) {
        return locate(idOrPath, revision, needed).directory();
    }

    /** A user without a name has "?" for a home, which is no place for a cache. */
    private void requireHome() {
        settings.whyNoCache().ifPresent(why -> {
            throw new FinetuneException("There is no Hugging Face cache: " + why + ", or load from a local directory.");
        });
    }

    /**
     * Finds or brings the model's files.
     *
     * @param idOrPath a local directory, or a model id: "name" or "org/name"
     * @param revision a branch, a tag or a commit; of no meaning for a local directory
     * @param needed the files that must be there
     * @return where they are, and what they are called there
     * @throws FinetuneException if there is neither such a directory nor such a model, access is refused, a mandatory
     *     file is missing, the hub can't be reached, a file arrives wrong twice, the disk fails, or the thread is
     *     interrupted; the message says what was looked for, where, and how to mend it
     */
    public ResolvedModel locate(String idOrPath, String revision, FilesNeeded needed) {
        Optional<Path> local = ModelId.existingDirectory(idOrPath);
        if (local.isPresent()) {
            log.info("Using the local directory {}", local.get().toAbsolutePath());
            return new ResolvedModel(local.get(), Optional.empty(), Optional.empty());
        }
        ModelId id = ModelId.parse(idOrPath);
        Revision wanted = new Revision(revision);
        requireHome();
        RepositoryCache cache = RepositoryCache.of(settings, id);
        Optional<String> cached = LocalWork.at(cache.folder(), () -> cache.commitOf(wanted));
        RepositoryCache.Lacking lacking = cached.map(commit -> cache.lacking(commit, needed))
                .orElseGet(() -> new RepositoryCache.Lacking(needed.describe(), List.of()));
        boolean usable = cached.isPresent() && lacking.mandatory().isEmpty();
        if (usable && (lacking.nothing() || settings.offline())) {
            log.info("Using {} at {} from the cache", id.value(), cached.get());
            return found(cache, cached.get());
        }
        Missing missing = new Missing(settings, id, wanted, cached, lacking.mandatory());
        if (settings.offline()) {
            throw missing.offline();
        }
        try {
            return found(cache, fetch(cache, wanted, needed));
        } catch (IOException e) {
            if (usable) {
                Warnings.say(
                        log,
                        settings.endpoint() + " can't be reached (" + Retries.reason(e) + "); using " + id.value()
                                + " at " + cached.get() + " from the cache, which may lack " + lacking.other());
                return found(cache, cached.get());
            }
            throw missing.unreachable(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FinetuneException(
                    "Fetching the model '" + id.value() + "' was interrupted; a later call goes on where it stopped.",
                    e);
        }
    }

    private static ResolvedModel found(RepositoryCache cache, String commit) {
        return new ResolvedModel(cache.snapshot(commit), Optional.of(cache.id().value()), Optional.of(commit));
    }

    /** Brings what the cache lacks, and returns the commit. */
    private String fetch(RepositoryCache cache, Revision wanted, FilesNeeded needed)
            throws IOException, InterruptedException {
        ModelId id = cache.id();
        Listing listing = client.listing(id, wanted);
        String commit = listing.commit();
        Deque<String> files = new ArrayDeque<>(Plan.files(needed, listing, id, wanted));
        log.info("Fetching {} at {} from {}", id.value(), commit, settings.endpoint());
        while (!files.isEmpty()) {
            String file = files.remove();
            fetch(cache, commit, file, Objects.requireNonNull(listing.files().get(file)));
            if (ShardIndex.isIndex(file)) {
                List<String> shards = ShardIndex.shards(cache.pointer(commit, file), file, settings.limits());
                files.addAll(Plan.present(shards, listing, id, wanted));
            }
        }
        needed.mentioned().stream()
                .filter(name -> !listing.files().containsKey(name))
                .forEach(name -> cache.markAbsent(commit, name));
        // Last: until everything is here, the branch stays at the commit that was complete.
        LocalWork.at(cache.folder(), () -> {
            cache.writeRef(wanted, commit);
            return commit;
        });
        return commit;
    }

    private void fetch(RepositoryCache cache, String commit, String file, Listing.Entry announced)
            throws IOException, InterruptedException {
        if (cache.has(commit, file)) {
            return;
        }
        HubClient.FileHead head = client.head(cache.id(), commit, file);
        Path blob = cache.blob(head.tag());
        LocalWork.at(blob, () -> Files.createDirectories(blob.getParent()));
        Path lockFile = cache.lock(head.tag());
        try (BlobLock lock = BlobLock.acquire(lockFile)) {
            // Whoever held the lock before may have brought it.
            if (!Files.isRegularFile(blob)) {
                receive(cache, commit, file, announced, head);
            }
            if (!cache.has(commit, file)) {
                LocalWork.at(blob, () -> {
                    cache.link(blob, cache.pointer(commit, file));
                    return lock;
                });
            }
        }
    }

    private void receive(
            RepositoryCache cache, String commit, String file, Listing.Entry announced, HubClient.FileHead head)
            throws IOException, InterruptedException {
        ModelId id = cache.id();
        OptionalLong size = head.size().isPresent() ? head.size() : announced.size();
        List<Digest> digests = Stream.concat(Digest.ofTag(head.tag()).stream(), announced.digest().stream())
                .distinct()
                .toList();
        if (digests.stream().map(Digest::kind).distinct().count() < digests.size()) {
            throw new FinetuneException(settings.endpoint() + " announces two checksums for " + file + " of the model '"
                    + id.value() + "', commit " + commit + ": " + digests.get(0).hex() + " and "
                    + digests.get(1).hex() + "; expected one. Check that HF_ENDPOINT is a model hub.");
        }
        Path incomplete = cache.incomplete(head.tag());
        Progress progress = new Progress(listener, settings.progressInterval(), id, file);
        log.info("Downloading {} of {} ({} bytes)", file, id.value(), size.isPresent() ? size.getAsLong() : "unknown");
        new Download(client, retries, progress, id, commit, file, size, digests, incomplete, settings).run();
        LocalWork.at(incomplete, () -> {
            RepositoryCache.moveOver(incomplete, cache.blob(head.tag()));
            return incomplete;
        });
    }
}
