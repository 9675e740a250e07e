package dev.finetune.train;

import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.InputEncoder;
import dev.finetune.batch.Target;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Rows of symbols 1 to 15, and their encoder: a text's characters are its symbols. */
class Rows implements InputEncoder<Text> {
    final List<CollateContext> contexts = Collections.synchronizedList(new ArrayList<>());

    record Row(List<Integer> symbols) implements Encoded {
        @Override
        public int length() {
            return symbols.size();
        }

        @Override
        public Target target() {
            return new Target.None();
        }
    }

    static List<Encoded> of(int count, int longest, long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        return IntStream.range(0, count)
                .mapToObj(i -> (Encoded) new Row(IntStream.range(0, random.nextInt(1, longest + 1))
                        .mapToObj(j -> random.nextInt(1, 16))
                        .toList()))
                .toList();
    }

    static List<Example<Text>> examples(int count, int longest, long seed) {
        return of(count, longest, seed).stream()
                .map(row -> new Example<>(
                        Text.of(((Row) row)
                                .symbols().stream()
                                        .collect(
                                                StringBuilder::new,
                                                (text, symbol) -> text.append((char) ('a' + symbol)),
                                                StringBuilder::append)
                                        .toString()),
                        Label.none()))
                .toList();
    }

    @Override
    public Class<Text> inputType() {
        return Text.class;
    }

    @Override
    public List<Encoded> encode(List<Example<Text>> examples) {
        return examples.stream()
                .map(example -> (Encoded) new Row(
                        example.input().text().chars().map(c -> c - 'a').boxed().toList()))
                .toList();
    }

    @Override
    public HostBatch collate(List<Encoded> rows, CollateContext context) {
        contexts.add(context);
        return TinyNet.batch(rows);
    }

    @Override
    public long truncated() {
        return 0;
    }

    @Override
    public void save(Path directory) {}

    @Override
    public void close() {}
}
