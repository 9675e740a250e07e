package dev.finetune.vision.image;

import dev.finetune.vision.augment.PixelAugmentation.Entry;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Keeps prepared pictures in memory, so that they are decoded once and not in every epoch. What doesn't fit is prepared
 * anew each time; a picture that is kept stays until its row is garbage. Thread-safe.
 */
final class PixelCache {
    private final ReferenceQueue<EncodedImage> gone = new ReferenceQueue<>();
    private final Set<Share> shares = new HashSet<>();
    private long free;

    PixelCache(long bytes) {
        free = bytes;
    }

    /** Prepared pixels, and how far they are prepared. */
    record Kept(Pixels pixels, Entry entry) {}

    /** What a row takes of the memory, given back when the row is garbage. */
    private static final class Share extends PhantomReference<EncodedImage> {
        private final long bytes;

        Share(EncodedImage row, ReferenceQueue<EncodedImage> queue, long bytes) {
            super(row, queue);
            this.bytes = bytes;
        }
    }

    Optional<Pixels> get(EncodedImage row, Entry entry) {
        Kept kept = row.kept();
        return kept == null || kept.entry() != entry ? Optional.empty() : Optional.of(kept.pixels());
    }

    void keep(EncodedImage row, Entry entry, Pixels pixels) {
        if (entry != Entry.ORIGINAL && row.kept() == null && reserve(row, pixels.rgb().length)) {
            row.keep(new Kept(pixels, entry));
        }
    }

    private synchronized boolean reserve(EncodedImage row, long bytes) {
        for (Reference<?> share = gone.poll(); share != null; share = gone.poll()) {
            if (share instanceof Share mine && shares.remove(mine)) {
                free += mine.bytes;
            }
        }
        if (bytes > free || row.kept() != null) {
            return false;
        }
        free -= bytes;
        shares.add(new Share(row, gone, bytes));
        return true;
    }

    synchronized long free() {
        return free;
    }
}
