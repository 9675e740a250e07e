package dev.finetune.letters;

import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.InputEncoder;
import dev.finetune.batch.Target;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/** "letters" (batch, longest): 1 to 26 for a to z, 27 for all else, 0 for padding; "mask", and "labels" where rows have them. */
final class LettersEncoder implements InputEncoder<Text> {
    private final Function<Label, Target> targets;
    private final int longest;
    private final AtomicLong truncated = new AtomicLong();

    LettersEncoder(Function<Label, Target> targets, int maxLength) {
        this.targets = targets;
        this.longest = maxLength == 0 ? 16 : maxLength;
    }

    private record Row(int[] letters, Target target) implements Encoded {
        @Override
        public int length() {
            return letters.length;
        }
    }

    @Override
    public Class<Text> inputType() {
        return Text.class;
    }

    @Override
    public List<Encoded> encode(List<Example<Text>> examples) {
        return examples.stream().map(this::row).toList();
    }

    private Encoded row(Example<Text> example) {
        final int[] letters = example.input()
                .text()
                .chars()
                .map(c -> c >= 'a' && c <= 'z' ? 1 + c - 'a' : LettersFamily.SYMBOLS - 1)
                .toArray();
        if (letters.length > longest) {
            truncated.incrementAndGet();
        }
        return new Row(Arrays.copyOf(letters, Math.min(letters.length, longest)), targets.apply(example.label()));
    }

    @Override
    public HostBatch collate(List<Encoded> rows, CollateContext context) {
        final int width = rows.stream().mapToInt(Encoded::length).max().orElse(0);
        final long[] letters = new long[rows.size() * width];
        final float[] mask = new float[letters.length];
        for (int i = 0; i < rows.size(); i++) {
            final int[] own = ((Row) rows.get(i)).letters;
            for (int j = 0; j < own.length; j++) {
                letters[i * width + j] = own[j];
                mask[i * width + j] = 1;
            }
        }
        final Map<String, HostTensor> columns = new HashMap<>();
        columns.put("letters", new HostTensor.Longs(letters, rows.size(), width));
        columns.put("mask", new HostTensor.Floats(mask, rows.size(), width));
        addLabels(columns, rows);
        return new HostBatch(columns, rows);
    }

    private static void addLabels(Map<String, HostTensor> columns, List<Encoded> rows) {
        if (rows.get(0).target() instanceof Target.Index) {
            final long[] labels = rows.stream()
                    .mapToLong(row -> ((Target.Index) row.target()).index())
                    .toArray();
            columns.put("labels", new HostTensor.Longs(labels, rows.size()));
        } else if (rows.get(0).target() instanceof Target.Vector first) {
            final int width = first.values().length;
            final float[] labels = new float[rows.size() * width];
            for (int i = 0; i < rows.size(); i++) {
                System.arraycopy(((Target.Vector) rows.get(i).target()).values(), 0, labels, i * width, width);
            }
            columns.put("labels", new HostTensor.Floats(labels, rows.size(), width));
        }
    }

    @Override
    public long truncated() {
        return truncated.get();
    }

    @Override
    public void save(Path directory) throws IOException {
        Files.writeString(directory.resolve("letters.txt"), "abcdefghijklmnopqrstuvwxyz\n");
    }

    @Override
    public void close() {}
}
