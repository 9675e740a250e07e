package dev.finetune.fuzz;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Makes of whole checkpoints a reader whose inputs say what is changed in which one. */
public final class CheckpointMutation {
    private static final String FOLDER = "checkpoint-under-test";

    private CheckpointMutation() {}

    /** Loads a checkpoint and uses it. */
    public interface Use {
        /**
         * Loads it.
         *
         * @param directory the checkpoint's
         * @throws Exception as readers do
         */
        void load(Path directory) throws Exception;
    }

    /**
     * A reader.
     *
     * @param name its own
     * @param whole checkpoints that load
     * @param freeHeap bytes of heap that loading may take
     * @param use loads and uses the changed one
     */
    public static FuzzedReader reader(String name, List<Map<String, byte[]>> whole, long freeHeap, Use use)
            throws IOException {
        final List<byte[]> seeds = new ArrayList<>();
        for (int checkpoint = 0; checkpoint < whole.size(); checkpoint++) {
            seeds.add(new byte[] {(byte) checkpoint});
            for (int file = 0; file < whole.get(checkpoint).size(); file++) {
                seeds.add(new byte[] {(byte) checkpoint, (byte) file, 9, (byte) (file * 7), 0, 3});
                seeds.add(new byte[] {(byte) checkpoint, (byte) file, 9, (byte) (file * 11), 7, 1});
            }
        }
        final WrittenFiles files = WrittenFiles.temporary(FOLDER);
        return new FuzzedReader(name, FOLDER, seeds, freeHeap, input -> {
            final Map<String, byte[]> changed = FilesMutation.of(whole, new Choices(input.bytes()));
            load(use, files.write(changed), changed.keySet());
        });
    }

    /** What is wrong within a file may be said with its name alone. */
    private static void load(Use use, Path directory, Set<String> files) throws Exception {
        try {
            use.load(directory);
        } catch (FinetuneException e) {
            if (files.stream().noneMatch(e.getMessage()::contains)) {
                throw e;
            }
        }
    }
}
