package dev.finetune.internal.distributed;

import dev.finetune.distributed.Processes;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.TensorScope;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.AllreduceOptions;
import org.bytedeco.pytorch.ByteVector;
import org.bytedeco.pytorch.FileStore;
import org.bytedeco.pytorch.GlooDeviceVector;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * c10d's Gloo, between processes that can speak to each other already. It wants a store that all of them see; each is given one of its
 * own, in a file, and what appears in one is copied into the others, so that nobody has to serve a store.
 */
final class Gloo implements Exchange, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Processes.class);

    /** What the store itself writes into the file. */
    private static final String COUNT = "efcount";

    private static final int THREADS = 2;

    /** Whoever hangs is found by others than Gloo, and what is begun early waits as long as a process computes. */
    private static final Duration EVER = Duration.ofHours(1);

    private final ProcessGroupGloo group;
    private final FileStore store;
    private final List<UnderWay> underWay = new ArrayList<>();
    private @Nullable Throwable broken;

    private Gloo(ProcessGroupGloo group, FileStore store) {
        this.group = group;
        this.store = store;
    }

    /**
     * Connects all processes; all of them call this.
     *
     * @param address of this machine, to listen at
     * @param timeout of what is under way; processes begin together, so that it is the time for that alone
     * @param gather what each says, told to all
     */
    static Gloo connect(int rank, int size, String address, Duration timeout, Function<byte[], List<byte[]>> gather) {
        final Path folder;
        try {
            folder = Files.createTempDirectory("finetune-gloo");
        } catch (IOException e) {
            throw new FinetuneException("Processes can't be connected without a folder for temporary files: " + e, e);
        }
        final Path file = folder.resolve("store");
        final FileStore own = new FileStore(file.toString(), 1);
        own.retainReference();
        own.setTimeout(new Milliseconds(timeout.toMillis()));
        final CompletableFuture<ProcessGroupGloo> connecting = new CompletableFuture<>();
        final Thread thread = new Thread(() -> complete(connecting, () -> make(own, rank, size, address, timeout)));
        thread.setName("finetune-gloo");
        thread.setDaemon(true);
        thread.start();
        boolean isConnected = false;
        try {
            exchange(file, connecting, gather);
            final Gloo gloo = new Gloo(connecting.join(), own);
            isConnected = true;
            return gloo;
        } catch (CompletionException e) {
            throw new FinetuneException("The processes can't be connected at " + address + ": " + e.getMessage(), e);
        } finally {
            if (isConnected) {
                delete(folder, file);
            } else { // The other thread may still read the file; it ends once it has waited long enough.
                connecting.whenComplete((group, failed) -> {
                    if (group != null) {
                        group.releaseReference();
                    }
                    own.releaseReference();
                    delete(folder, file);
                });
            }
        }
    }

    private static void complete(CompletableFuture<ProcessGroupGloo> connecting, Supplier<ProcessGroupGloo> work) {
        try {
            connecting.complete(work.get());
        } catch (RuntimeException | Error e) {
            connecting.completeExceptionally(e);
        }
    }

    private static void delete(Path folder, Path file) {
        try {
            Files.deleteIfExists(file);
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            LOG.debug("A temporary file is left", e);
        }
    }

    /** Copies what appears in one process's store into the others', until all are connected. */
    private static void exchange(
            Path file, CompletableFuture<ProcessGroupGloo> connecting, Function<byte[], List<byte[]>> gather) {
        try (PointerScope scope = new PointerScope()) {
            final FileStore seen = new FileStore(file.toString(), 1);
            final TreeSet<String> known = new TreeSet<>();
            boolean all = false;
            while (!all) {
                all = true;
                final boolean done = connecting.isDone();
                for (byte[] each : gather.apply(message(done, news(seen, known)))) {
                    final ByteBuffer said = ByteBuffer.wrap(each);
                    all &= said.get() == 1;
                    copy(said, seen, known);
                }
                Waiting.pause();
            }
        }
    }

    private static ProcessGroupGloo make(FileStore store, int rank, int size, String address, Duration timeout) {
        try (PointerScope scope = new PointerScope()) {
            final ProcessGroupGloo.Options options =
                    ProcessGroupGloo.Options.create(new Milliseconds(timeout.toMillis()));
            options.devices(new GlooDeviceVector(ProcessGroupGloo.createDeviceForHostname(address)));
            options.threads(THREADS);
            final ProcessGroupGloo made = new ProcessGroupGloo(store, rank, size, options);
            made.retainReference();
            return made;
        }
    }

    private static Map<String, byte[]> news(FileStore store, TreeSet<String> known) {
        final Map<String, byte[]> news = new TreeMap<>();
        final StringVector keys = store.listKeys();
        for (long i = 0; i < keys.size(); i++) {
            final String key = keys.get(i).getString();
            if (!key.startsWith(COUNT) && known.add(key)) {
                final ByteVector value = store.get(key);
                final byte[] bytes = new byte[Math.toIntExact(value.size())];
                for (int j = 0; j < bytes.length; j++) {
                    bytes[j] = value.get(j);
                }
                news.put(key, bytes);
            }
        }
        return news;
    }

    private static byte[] message(boolean done, Map<String, byte[]> news) {
        final List<byte[]> parts = new ArrayList<>();
        news.forEach((key, value) -> {
            parts.add(key.getBytes(StandardCharsets.UTF_8));
            parts.add(value);
        });
        final ByteBuffer message = ByteBuffer.allocate(
                1 + parts.stream().mapToInt(part -> Integer.BYTES + part.length).sum());
        message.put((byte) (done ? 1 : 0));
        parts.forEach(part -> message.putInt(part.length).put(part));
        return message.array();
    }

    private static void copy(ByteBuffer said, FileStore store, TreeSet<String> known) {
        while (said.hasRemaining()) {
            final String key = new String(part(said), StandardCharsets.UTF_8);
            final byte[] value = part(said);
            if (known.add(key)) {
                store.set(key, new ByteVector(value));
            }
        }
    }

    private static byte[] part(ByteBuffer said) {
        final byte[] part = new byte[said.getInt()];
        said.get(part);
        return part;
    }

    /** Of tensors on the CPU that lie in one piece each. */
    @Override
    public void sum(List<Tensor> tensors) {
        wait(tensors, group::allreduce);
    }

    /** Of tensors as for {@link #sum}. */
    @Override
    public void broadcast(List<Tensor> tensors) {
        wait(tensors, group::broadcast);
    }

    /** Several are under way at once. */
    private static void wait(List<Tensor> tensors, Function<TensorVector, Work> begin) {
        try (TensorScope scope = TensorScope.open()) {
            final List<Work> works = new ArrayList<>();
            for (Tensor tensor : tensors) {
                works.add(begin.apply(new TensorVector(tensor)));
            }
            @Nullable RuntimeException first = null;
            for (Work work : works) {
                try {
                    work._wait();
                } catch (RuntimeException e) {
                    first = first == null ? e : first;
                }
            }
            if (first != null) {
                throw first;
            }
        }
    }

    /**
     * Begins to sum, in place, tensors on the CPU that lie in one piece each (borrowed until the sums are closed); those of all processes
     * in the order in which they are begun.
     */
    UnderWay beginSums(List<Tensor> tensors) {
        if (broken != null) {
            throw new FinetuneException("The processes could not exchange tensors: " + broken.getMessage(), broken);
        }
        final UnderWay sums = new UnderWay();
        underWay.add(sums);
        try (TensorScope scope = TensorScope.open()) {
            final AllreduceOptions options = new AllreduceOptions().timeout(new Milliseconds(EVER.toMillis()));
            for (Tensor tensor : tensors) {
                final Work work = group.allreduce(new TensorVector(tensor), options);
                work.retainReference();
                sums.works.add(work);
            }
        } catch (RuntimeException | Error e) {
            broken = e; // Others count what has begun.
            throw e;
        }
        return sums;
    }

    /** Sums that go on in Gloo's threads. */
    final class UnderWay implements AutoCloseable {
        private final List<Work> works = new ArrayList<>();

        private UnderWay() {}

        /**
         * Waits until all are there.
         *
         * @param check called all the time; throws what ends the waiting
         * @param timeout of one, once all processes have begun it
         */
        void await(Runnable check, Duration timeout) {
            for (Work work : works) {
                Waiting.until(
                        work::isCompleted,
                        check,
                        timeout,
                        "Gradients didn't come through within " + Waiting.seconds(timeout)
                                + ", though no process is lost: is the network between them up?");
                work._wait(); // Throws what went wrong.
            }
        }

        private boolean isCompleted() {
            return works.stream().allMatch(Work::isCompleted);
        }

        /** Lets go of them; what isn't there yet goes on in vain. */
        @Override
        public void close() {
            if (isCompleted()) {
                works.forEach(Work::releaseReference);
                works.clear();
                underWay.remove(this);
            }
        }
    }

    @Override
    public void close() {
        if (underWay.isEmpty()) {
            free();
            return;
        }
        // Another process is lost: what waits for it ends when its connection does, if ever.
        final Thread thread = new Thread(this::free, "finetune-gloo");
        thread.setDaemon(true);
        thread.start();
    }

    private void free() {
        group.releaseReference(); // Waits for what is under way.
        underWay.forEach(sums -> sums.works.forEach(Work::releaseReference));
        store.releaseReference();
    }
}
