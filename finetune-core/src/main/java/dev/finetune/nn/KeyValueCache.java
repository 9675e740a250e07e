package dev.finetune.nn;

import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.MemoryLimit;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The keys and values of all positions that a decoder has read, of each causal attention in it, so that it goes on position by
 * position without computing the earlier ones again: pass {@link ForwardContext#continuing} and a batch of the positions that
 * come next. Owns them until it is closed, with room for some more, so that they are moved seldom. Not thread-safe.
 */
public final class KeyValueCache implements AutoCloseable {
    /** Room is made for so many more positions than are needed, or half of them, whichever is more. */
    private static final long BLOCK = 64;

    private static final int MANY = 16;

    private final Map<Long, Room> byPlace = new HashMap<>();

    /** What doesn't grow. */
    private final Map<Long, KeysAndValues> fixed = new HashMap<>();

    private final boolean goesOnLong;

    /**
     * An empty cache.
     *
     * @param expected how many passes are expected; where they are many, weights may be laid out for them, which takes as long as some
     *     ten passes over single tokens, and as much memory again
     */
    public KeyValueCache(int expected) {
        this.goesOnLong = expected >= MANY;
    }

    /** Whether many passes are expected. */
    boolean goesOnLong() {
        return goesOnLong;
    }

    /**
     * Keys and values of some positions.
     *
     * @param keys (batch, positions, width)
     * @param values (batch, positions, width)
     */
    public record KeysAndValues(Tensor keys, Tensor values) {
        private static KeysAndValues owned(Tensor keys, Tensor values) {
            return new KeysAndValues(Tensors.own(keys), Tensors.own(values));
        }

        void close() {
            keys.close();
            values.close();
        }
    }

    /** Keys and values with room for more, (batch, room, width) each; owned. */
    private static final class Room implements AutoCloseable {
        private Tensor keys;
        private Tensor values;
        private long length;

        /** Where each row ends, if not all of them at the length. */
        private long[] ends = {};

        Room(Tensor keys, Tensor values) {
            final Tensor forKeys = roomy(keys, keys.size(1));
            final Tensor forValues = roomy(values, keys.size(1));
            // Owned once both are there: where memory runs out, the scope frees what there is.
            this.keys = Tensors.own(forKeys);
            this.values = Tensors.own(forValues);
        }

        /** Room for so many positions and some more, of the batch, width, type and place of a tensor. */
        private static Tensor roomy(Tensor like, long positions) {
            return torch.empty(
                    new long[] {like.size(0), roomFor(positions), like.size(2)},
                    like.options(),
                    new MemoryFormatOptional());
        }

        private static long roomFor(long positions) {
            return positions + Math.max(BLOCK, positions / 2);
        }

        private static long bytes(Tensor like, long positions) {
            return like.size(0) * positions * like.size(2) * like.element_size();
        }

        void append(Tensor nextKeys, Tensor nextValues) {
            final long all = length + nextKeys.size(1);
            if (all > keys.size(1)) {
                MemoryLimit.check(2 * bytes(keys, roomFor(all)));
                replace(grown(keys, all), grown(values, all));
            }
            if (ends.length == 0) {
                keys.narrow(1, length, nextKeys.size(1)).copy_(nextKeys);
                values.narrow(1, length, nextKeys.size(1)).copy_(nextValues);
            } else {
                final long[] places = places(nextKeys.size(1));
                final Tensor there = Tensors.of(places, places.length).to(keys.device(), ScalarType.Long);
                put(keys, nextKeys, there);
                put(values, nextValues, there);
                ends = Arrays.stream(ends).map(end -> end + nextKeys.size(1)).toArray();
            }
            length = all;
        }

        /** Where the next positions of each row are among all that there is room for. */
        private long[] places(long next) {
            final long room = keys.size(1);
            return IntStream.range(0, ends.length)
                    .boxed()
                    .flatMapToLong(row -> LongStream.range(row * room + ends[row], row * room + ends[row] + next))
                    .toArray();
        }

        private void put(Tensor all, Tensor next, Tensor places) {
            // Rows that end before go on hiding these: what is hidden mustn't be no number.
            all.narrow(1, length, next.size(1)).zero_();
            all.view(-1, all.size(2)).index_copy_(0, places, next.reshape(-1, all.size(2)));
        }

        private long end(int row) {
            return ends.length == 0 ? length : ends[row];
        }

        /** Takes where each row ends. */
        private void endAt(long[] some) {
            length = Arrays.stream(some).max().orElse(length);
            ends = Arrays.stream(some).allMatch(end -> end == length) ? new long[0] : some;
        }

        private IntStream rows() {
            return IntStream.range(0, Math.toIntExact(keys.size(0)));
        }

        /** Without so many of each row's last positions. */
        void forgetLast(int[] tokens) {
            endAt(rows().mapToLong(row -> end(row) - tokens[row]).toArray());
        }

        private Tensor grown(Tensor before, long positions) {
            final Tensor grown = roomy(before, positions);
            grown.narrow(1, 0, length).copy_(before.narrow(1, 0, length));
            return grown;
        }

        private void replace(Tensor otherKeys, Tensor otherValues) {
            close();
            keys = Tensors.own(otherKeys);
            values = Tensors.own(otherValues);
        }

        void select(long[] numbers, Tensor rows) {
            final long[] chosen =
                    Arrays.stream(numbers).map(row -> end(Math.toIntExact(row))).toArray();
            // Without the room of those that leave and were longer.
            final long room =
                    Math.min(keys.size(1), roomFor(Arrays.stream(chosen).max().orElse(length)));
            replace(
                    keys.narrow(1, 0, room).index_select(0, rows),
                    values.narrow(1, 0, room).index_select(0, rows));
            endAt(chosen);
        }

        /** Rows of others after these, the positions that some lack filled up on the left. */
        void join(List<Room> others, long more) {
            final List<Room> rooms = new ArrayList<>(List.of(this));
            rooms.addAll(others);
            final long all = rooms.stream().mapToLong(each -> each.length).max().orElse(length);
            replace(joined(rooms, all, more, each -> each.keys), joined(rooms, all, more, each -> each.values));
            length = all;
            ends = new long[0];
        }

        /** Filled up with zeros: what is hidden mustn't be no number. */
        private static Tensor joined(List<Room> rooms, long all, long more, Function<Room, Tensor> part) {
            final Tensor like = part.apply(rooms.get(0));
            final long rows =
                    rooms.stream().mapToLong(each -> part.apply(each).size(0)).sum();
            final Tensor joined = torch.zeros(new long[] {rows, all + more, like.size(2)}, like.options());
            long row = 0;
            for (Room each : rooms) {
                final Tensor some = part.apply(each);
                if (each.ends.length == 0) {
                    put(joined, row, all, some, each.length);
                } else {
                    for (int one = 0; one < each.ends.length; one++) {
                        put(joined, row + one, all, some.narrow(0, one, 1), each.ends[one]);
                    }
                }
                row += some.size(0);
            }
            return joined;
        }

        /** Puts rows that end at a position so that they end at another. */
        private static void put(Tensor joined, long row, long end, Tensor some, long length) {
            joined.narrow(0, row, some.size(0)).narrow(1, end - length, length).copy_(some.narrow(1, 0, length));
        }

        /** Without the first positions. */
        void forget(long positions) {
            final long rest = length - positions;
            replace(moved(keys, positions, rest), moved(values, positions, rest));
            endAt(rows().mapToLong(row -> end(row) - positions).toArray());
        }

        private static Tensor moved(Tensor before, long from, long count) {
            final Tensor moved = roomy(before, count);
            moved.narrow(1, 0, count).copy_(before.narrow(1, from, count));
            return moved;
        }

        KeysAndValues present() {
            return new KeysAndValues(keys.narrow(1, 0, length), values.narrow(1, 0, length));
        }

        @Override
        public void close() {
            keys.close();
            values.close();
        }
    }

    /** {@return how many positions were read, padding included; of the row that has the most} */
    public long length() {
        return byPlace.values().stream().mapToLong(each -> each.length).max().orElse(0);
    }

    /** Where each row ends; empty where all end at the length. */
    long[] ends() {
        return byPlace.values().stream()
                .findFirst()
                .map(room -> room.ends.clone())
                .orElse(new long[0]);
    }

    /** Takes the next positions of an attention in (borrowed), and gives all of them, borrowed. */
    KeysAndValues append(long place, Tensor keys, Tensor values) {
        try (GradientMode off = GradientMode.off();
                TensorScope scope = TensorScope.open()) {
            byPlace.computeIfAbsent(place, first -> new Room(keys, values)).append(keys, values);
        }
        return byPlace.get(place).present();
    }

    /** What an attention goes on with that doesn't grow, computed the first time (borrowed then, too). */
    KeysAndValues fixed(long place, Supplier<KeysAndValues> compute) {
        return fixed.computeIfAbsent(place, first -> {
            try (GradientMode off = GradientMode.off();
                    TensorScope scope = TensorScope.open()) {
                final KeysAndValues computed = compute.get();
                return KeysAndValues.owned(computed.keys, computed.values);
            }
        });
    }

    /**
     * Goes on with these rows alone, in this order; a row may be named several times, as beams do.
     *
     * @param rows numbers of present rows
     */
    public void select(long... rows) {
        try (GradientMode off = GradientMode.off();
                TensorScope scope = TensorScope.open()) {
            final Tensor chosen = Tensors.of(rows, rows.length);
            for (Room each : byPlace.values()) {
                each.select(rows, chosen.to(each.keys.device(), ScalarType.Long));
            }
            fixed.replaceAll((place, before) -> {
                final Tensor there = chosen.to(before.keys.device(), ScalarType.Long);
                final Tensor keys = before.keys.index_select(0, there);
                final Tensor values = before.values.index_select(0, there);
                final KeysAndValues after = KeysAndValues.owned(keys, values);
                before.close();
                return after;
            });
        }
    }

    /**
     * Takes in the rows of other caches after these, in their order, and leaves the others empty. All end together then: the positions
     * that a row lacks are added before its first, as zeros, and whoever goes on hides them.
     *
     * @param others of the same network, with rows read
     * @throws IllegalStateException if one keeps what doesn't grow
     */
    public void join(List<KeyValueCache> others) {
        if (!fixed.isEmpty() || others.stream().anyMatch(each -> !each.fixed.isEmpty())) {
            throw new IllegalStateException("Rows that attend to sources of their own can't be joined.");
        }
        byPlace.forEach((place, room) -> {
            try (GradientMode off = GradientMode.off();
                    TensorScope scope = TensorScope.open()) {
                room.join(
                        others.stream()
                                .map(each -> Objects.requireNonNull(each.byPlace.get(place)))
                                .toList(),
                        BLOCK);
            }
            // Freed layer by layer, so that there are never two copies of all.
            others.forEach(
                    each -> Objects.requireNonNull(each.byPlace.remove(place)).close());
        });
        others.forEach(KeyValueCache::close);
    }

    /**
     * {@return a cache of one row alone, with room for more; this one keeps it, too}
     *
     * @param row its number
     * @param from the first of its positions that the copy has
     */
    public KeyValueCache copyOf(long row, long from) {
        final KeyValueCache copy = new KeyValueCache(goesOnLong ? MANY : 0);
        try (GradientMode off = GradientMode.off();
                TensorScope scope = TensorScope.open()) {
            byPlace.forEach((place, room) -> {
                final long count = room.end(Math.toIntExact(row)) - from;
                copy.append(
                        place,
                        room.keys.narrow(0, row, 1).narrow(1, from, count),
                        room.values.narrow(0, row, 1).narrow(1, from, count));
            });
        } catch (RuntimeException | Error e) {
            copy.close();
            throw e;
        }
        return copy;
    }

    /**
     * Forgets the first positions, which all rows hide.
     *
     * @param positions how many
     */
    public void forget(long positions) {
        try (GradientMode off = GradientMode.off();
                TensorScope scope = TensorScope.open()) {
            byPlace.values().forEach(room -> room.forget(positions));
        }
    }

    /**
     * Forgets the last positions of rows, each of which goes on from where it ends then.
     *
     * @param positions how many of each row
     * @throws IllegalArgumentException if they are not as many as the rows are, if fewer were read, or if a number is negative
     */
    public void forgetLast(int... positions) {
        for (Room each : byPlace.values()) {
            if (positions.length != each.keys.size(0)
                    || each.rows().anyMatch(row -> positions[row] < 0 || positions[row] > each.end(row))) {
                throw new IllegalArgumentException(Arrays.toString(positions) + " of " + length() + " positions of "
                        + each.keys.size(0) + " rows can't be forgotten.");
            }
        }
        byPlace.values().forEach(room -> room.forgetLast(positions));
    }

    @Override
    public void close() {
        byPlace.values().forEach(Room::close);
        byPlace.clear();
        fixed.values().forEach(KeysAndValues::close);
        fixed.clear();
    }
}
