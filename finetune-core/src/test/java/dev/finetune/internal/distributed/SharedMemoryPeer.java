package dev.finetune.internal.distributed;

import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;

/** A process that exchanges tensors with others of its kind, which meet in a folder. */
final class SharedMemoryPeer {
    private static final int[] LENGTHS = {7, 0, 300_000, 1, 5_000_000, 12};
    private static final int ROUNDS = 3;

    private SharedMemoryPeer() {}

    /**
     * Sums and writes a checksum of the bits; {@code halt} comes to the first sum only.
     *
     * @param args rank, size, folder, and whether to halt
     */
    public static void main(String[] args) throws Exception {
        final int rank = Integer.parseInt(args[0]);
        final int size = Integer.parseInt(args[1]);
        final FolderGather gather = new FolderGather(Path.of(args[2]), rank, size);
        try (SharedMemoryExchange exchange = SharedMemoryExchange.join(
                        rank, size, gather::gather, () -> {}, Duration.ofSeconds(30))
                .orElseThrow()) {
            for (int round = 0; round < ROUNDS; round++) {
                try (TensorScope scope = TensorScope.open()) {
                    final List<Tensor> tensors = tensors(rank, round);
                    exchange.sum(tensors);
                    System.out.println("sum " + hash(tensors));
                }
                if (args[3].equals("halt")) {
                    Runtime.getRuntime().halt(3);
                }
            }
        }
    }

    /** What a process has in a round. */
    static List<Tensor> tensors(int rank, int round) {
        final SplittableRandom random = new SplittableRandom(rank * 100L + round);
        final List<Tensor> tensors = new ArrayList<>();
        for (int length : LENGTHS) {
            final float[] numbers = new float[length];
            for (int i = 0; i < length; i++) {
                numbers[i] = random.nextInt(2_000_001) / 1e6f - 1;
            }
            tensors.add(Tensors.of(numbers, length));
        }
        return tensors;
    }

    /** What all have together, added in the order of the processes. */
    static List<Tensor> expected(int size, int round) {
        final List<Tensor> sums = tensors(0, round);
        for (int rank = 1; rank < size; rank++) {
            final List<Tensor> more = tensors(rank, round);
            for (int i = 0; i < sums.size(); i++) {
                sums.get(i).add_(more.get(i));
            }
        }
        return sums;
    }

    static long hash(List<Tensor> tensors) {
        long hash = 1;
        for (Tensor tensor : tensors) {
            for (float number : Tensors.floats(tensor)) {
                hash = hash * 31 + Float.floatToRawIntBits(number);
            }
        }
        return hash;
    }

    /** Tells others through files. */
    static final class FolderGather {
        private final Path folder;
        private final int rank;
        private final int size;
        private int calls;

        FolderGather(Path folder, int rank, int size) {
            this.folder = folder;
            this.rank = rank;
            this.size = size;
        }

        List<byte[]> gather(byte[] own) {
            calls++;
            try {
                final Path part = folder.resolve("part-" + rank);
                Files.write(part, own);
                Files.move(part, place(rank), StandardCopyOption.ATOMIC_MOVE);
                final List<byte[]> all = new ArrayList<>();
                for (int other = 0; other < size; other++) {
                    while (!Files.exists(place(other))) {
                        Thread.sleep(5);
                    }
                    all.add(Files.readAllBytes(place(other)));
                }
                return all;
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        private Path place(int of) {
            return folder.resolve(calls + "-" + of);
        }
    }
}
