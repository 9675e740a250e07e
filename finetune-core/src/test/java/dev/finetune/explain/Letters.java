package dev.finetune.explain;

import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.batch.TokenEncoder;
import dev.finetune.batch.TokenRow;
import dev.finetune.data.Example;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A token for each letter from a to g, behind a special one. */
final class Letters implements TokenEncoder<String> {
    static final int PADDING = 0;
    static final int MASK = 1;
    private static final int START = 2;

    static int id(char letter) {
        return letter - 'a' + 3;
    }

    private record Ids(List<Integer> ids) implements Encoded {
        @Override
        public int length() {
            return ids.size();
        }

        @Override
        public Target target() {
            return new Target.None();
        }

        Ids with(int place, int id) {
            final List<Integer> other = new ArrayList<>(ids);
            other.set(place, id);
            return new Ids(other);
        }
    }

    @Override
    public Class<String> inputType() {
        return String.class;
    }

    @Override
    public List<Encoded> encode(List<Example<String>> examples) {
        return examples.stream().map(example -> tokens(example.input()).row()).toList();
    }

    @Override
    public TokenRow tokens(String input) {
        final List<Integer> ids = new ArrayList<>(List.of(START));
        input.chars().forEach(letter -> ids.add(id((char) letter)));
        return new Row(input, new Ids(ids));
    }

    private record Row(String text, Ids ids) implements TokenRow {
        @Override
        public Encoded row() {
            return ids;
        }

        @Override
        public List<String> texts() {
            return List.of(text);
        }

        @Override
        public List<Token> tokens() {
            final List<Token> tokens = new ArrayList<>(List.of(new Token("^", true, 0, 0, 0)));
            for (int i = 0; i < text.length(); i++) {
                tokens.add(new Token(text.substring(i, i + 1), false, 0, i, i + 1));
            }
            return tokens;
        }

        @Override
        public Encoded padding() {
            Ids all = ids;
            for (int i = 1; i < ids.length(); i++) {
                all = all.with(i, PADDING);
            }
            return all;
        }

        @Override
        public Optional<Encoded> masking(int token) {
            return Optional.of(ids.with(token, MASK));
        }

        @Override
        public Encoded removing(int token) {
            final List<Integer> fewer = new ArrayList<>(ids.ids);
            fewer.remove(token);
            return new Ids(fewer);
        }
    }

    @Override
    public HostBatch collate(List<Encoded> rows, CollateContext context) {
        final int length = rows.get(0).length();
        final long[] ids = rows.stream()
                .flatMap(row -> ((Ids) row).ids.stream())
                .mapToLong(Integer::longValue)
                .toArray();
        return new HostBatch(Map.of("input_ids", new HostTensor.Longs(ids, rows.size(), length)), rows);
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
