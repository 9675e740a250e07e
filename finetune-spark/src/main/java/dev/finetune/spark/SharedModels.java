package dev.finetune.spark;

import dev.finetune.FineTuned;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The models of this JVM: each is loaded once, by the first task that needs it, used by all tasks at once, and closed when no
 * task used it for a while, or at once when another is needed.
 */
final class SharedModels {
    /** Longer than from one task to the next, shorter than one would like to have the memory back. */
    private static final Duration KEPT = Duration.ofMinutes(1);

    private static final SharedModels OF_THIS_JVM = new SharedModels(KEPT);

    private final Duration kept;
    private final Map<String, Entry> entries = new HashMap<>();
    private final ScheduledThreadPoolExecutor timer;

    SharedModels(Duration kept) {
        this.kept = kept;
        this.timer = new ScheduledThreadPoolExecutor(1, body -> {
            final Thread thread = new Thread(body, "finetune-spark-models");
            thread.setDaemon(true);
            thread.setContextClassLoader(SharedModels.class.getClassLoader());
            return thread;
        });
        timer.setKeepAliveTime(1, TimeUnit.SECONDS);
        timer.allowCoreThreadTimeOut(true);
    }

    static SharedModels ofThisJvm() {
        return OF_THIS_JVM;
    }

    /** A model, for as long as it isn't closed. */
    final class Lease implements AutoCloseable {
        private final Entry entry;
        private final FineTuned<?> model;
        private boolean closed;

        private Lease(Entry entry, FineTuned<?> model) {
            this.entry = entry;
            this.model = model;
        }

        FineTuned<?> model() {
            return model;
        }

        @Override
        public void close() {
            synchronized (SharedModels.this) {
                if (!closed) {
                    closed = true;
                    giveBack(entry);
                }
            }
        }
    }

    private static final class Entry {
        private final String key;
        private int users;
        private long unusedSince;
        private @Nullable FineTuned<?> model;

        Entry(String key) {
            this.key = key;
        }

        /** One task loads, the others wait for it. */
        synchronized FineTuned<?> get(Supplier<FineTuned<?>> load) {
            if (model == null) {
                model = load.get();
            }
            return model;
        }

        synchronized void close() {
            if (model != null) {
                model.close();
            }
        }
    }

    /** The model of that key, loaded if it isn't there. */
    Lease take(String key, Supplier<FineTuned<?>> load) {
        final Entry entry = entered(key);
        try {
            return new Lease(entry, entry.get(load));
        } catch (RuntimeException | Error e) {
            synchronized (this) {
                giveBack(entry);
            }
            throw e;
        }
    }

    private synchronized Entry entered(String key) {
        closeUnused(entry -> !entry.key.equals(key));
        final Entry entry = entries.computeIfAbsent(key, Entry::new);
        entry.users++;
        return entry;
    }

    private void giveBack(Entry entry) {
        if (--entry.users == 0) {
            entry.unusedSince = System.nanoTime();
            final ScheduledFuture<?> unused =
                    timer.schedule(this::closeOld, kept.toMillis() + 1, TimeUnit.MILLISECONDS);
        }
    }

    private synchronized void closeOld() {
        closeUnused(entry -> System.nanoTime() - entry.unusedSince >= kept.toNanos());
    }

    private void closeUnused(Predicate<Entry> which) {
        entries.values().removeIf(entry -> {
            final boolean goes = entry.users == 0 && which.test(entry);
            if (goes) {
                entry.close();
            }
            return goes;
        });
    }

    /** How many are loaded, or being loaded. */
    synchronized int count() {
        return entries.size();
    }
}
