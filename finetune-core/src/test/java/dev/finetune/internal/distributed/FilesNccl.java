package dev.finetune.internal.distributed;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.Tensor;

/**
 * A stand-in for NCCL, for tensors on the CPU: threads of its own bring them together, through files, in the order of the ranks. It
 * remembers what was asked of it, and fails where it is told to.
 */
final class FilesNccl implements NcclLibrary {
    /** What goes wrong. */
    enum Fault {
        NONE,
        ABSENT,
        OTHER_PLACE,
        OTHER_VERSION,
        NO_ID,
        NOT_BEGUN,
        NOT_CONNECTED,
        NEVER_CONNECTED,
        HALTS_IN_SECOND_SUM,
        FAILS_IN_SECOND_SUM,
        NO_END
    }

    static final String WHY = "NCCL says: unhandled system error (a cable)";

    private final Path folder;
    private final int rank;
    private final Fault fault;
    private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger underWay = new AtomicInteger();

    FilesNccl(Path folder, int rank, Fault fault) {
        this.folder = folder;
        this.rank = rank;
        this.fault = fault;
    }

    /** What was asked of its communicator. */
    List<String> asked() {
        return List.copyOf(asked);
    }

    @Override
    public Optional<String> whyNot() {
        return fault == Fault.ABSENT ? Optional.of("no libnccl.so.2") : Optional.empty();
    }

    @Override
    public boolean takes(List<Tensor> tensors) {
        return fault != Fault.OTHER_PLACE;
    }

    @Override
    public String version() {
        return fault == Fault.OTHER_VERSION ? "2.27.7" : "2.29.3";
    }

    @Override
    public String gpu() {
        return "0000:3b:0" + rank;
    }

    @Override
    public byte[] uniqueId() {
        if (fault == Fault.NO_ID) {
            throw new FinetuneException(WHY);
        }
        return new byte[] {7, -1};
    }

    @Override
    public Communicator begin(byte[] uniqueId, int own, int size) {
        if (fault == Fault.NOT_BEGUN) {
            throw new FinetuneException(WHY);
        }
        if (own != rank || uniqueId[0] != 7 || uniqueId[1] != -1) {
            throw new IllegalArgumentException("Another process, or another job.");
        }
        return new Among(size);
    }

    @Override
    public boolean isIdle() {
        return underWay.get() == 0;
    }

    private final class Among implements Communicator {
        private final int size;
        private final List<Thread> threads = new ArrayList<>();
        private int calls;
        private int sums;

        Among(int size) {
            this.size = size;
        }

        @Override
        public boolean isReady() {
            if (fault == Fault.NOT_CONNECTED || fault == Fault.FAILS_IN_SECOND_SUM && sums == 2) {
                throw new FinetuneException(WHY);
            }
            return fault != Fault.NEVER_CONNECTED;
        }

        @Override
        public void sum(List<Tensor> tensors) {
            asked.add("sum");
            sums++;
            if (fault == Fault.HALTS_IN_SECOND_SUM && sums == 2) {
                Runtime.getRuntime().halt(3);
            }
            begin(tensors, true);
        }

        @Override
        public void broadcast(List<Tensor> tensors) {
            asked.add("broadcast");
            begin(tensors, false);
        }

        private void begin(List<Tensor> tensors, boolean sum) {
            calls++;
            final int call = calls;
            underWay.incrementAndGet();
            final Thread thread = new Thread(() -> {
                try (TensorScope scope = TensorScope.open()) {
                    for (int i = 0; i < tensors.size(); i++) {
                        exchange(tensors.get(i), call + "-" + i, sum);
                    }
                    underWay.decrementAndGet();
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                } catch (InterruptedException e) {
                    asked.add("given up");
                }
            });
            threads.add(thread);
            thread.setDaemon(true);
            thread.start();
        }

        private void exchange(Tensor tensor, String name, boolean sum) throws IOException, InterruptedException {
            final float[] own = Tensors.floats(tensor);
            final ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * own.length);
            bytes.asFloatBuffer().put(own);
            final Path part = folder.resolve("part-" + name + "-" + rank);
            Files.write(part, bytes.array());
            Files.move(part, folder.resolve(name + "-" + rank), StandardCopyOption.ATOMIC_MOVE);
            final float[] all = read(name, 0, own.length);
            for (int other = 1; other < size; other++) {
                final float[] more = read(name, other, own.length);
                for (int i = 0; sum && i < all.length; i++) {
                    all[i] += more[i];
                }
            }
            tensor.copy_(Tensors.of(all, all.length).view_as(tensor));
        }

        private float[] read(String name, int other, int count) throws IOException, InterruptedException {
            final Path file = folder.resolve(name + "-" + other);
            while (!Files.exists(file)) {
                Thread.sleep(2);
            }
            final float[] numbers = new float[count];
            ByteBuffer.wrap(Files.readAllBytes(file)).asFloatBuffer().get(numbers);
            return numbers;
        }

        @Override
        public void finish() {
            asked.add("finish");
        }

        @Override
        public void destroy() {
            asked.add("destroy");
        }

        @Override
        public void abort() {
            asked.add("abort");
            try {
                if (fault == Fault.NO_END) {
                    Thread.sleep(60_000);
                }
                for (Thread thread : threads) {
                    thread.interrupt();
                    thread.join();
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
