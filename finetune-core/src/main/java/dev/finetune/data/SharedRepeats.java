package dev.finetune.data;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.LongStream;

/**
 * Inputs that occur more than once in data of which each of several processes has a part. All say the keys of their inputs, 8 bytes each,
 * a million at a time; of those that occur more than once, each says where it has them. All find the same.
 *
 * @param <I> the kind of input
 */
final class SharedRepeats<I> {
    private static final int KEYS_AT_ONCE = 1 << 20;
    private static final int INPUTS_AT_ONCE = 1 << 14;

    private final Function<byte[], List<byte[]>> gather;
    private final ContentKey.Maker maker = new ContentKey.Maker();

    SharedRepeats(Function<byte[], List<byte[]>> gather) {
        this.gather = gather;
    }

    /**
     * What all processes' parts hold together.
     *
     * @param keys the {@link ContentKey#low} of each input of both
     */
    RepeatedInputs of(Dataset<I> train, Optional<Dataset<I>> validation, long[] keys) {
        final long[] repeated = repeated(keys);
        final Map<ContentKey, Sighting> own = new LinkedHashMap<>();
        look(train, true, repeated, own);
        validation.ifPresent(data -> look(data, false, repeated, own));
        return joined(own);
    }

    /** Those of the own keys that occur more than once anywhere, sorted. */
    private long[] repeated(long[] keys) {
        final LongStream.Builder found = LongStream.builder();
        final int slices = slices(keys.length, KEYS_AT_ONCE);
        for (int i = 0; i < slices; i++) {
            final int slice = i;
            final long[] own = Arrays.stream(keys)
                    .filter(key -> Math.floorMod(key, slices) == slice)
                    .sorted()
                    .toArray();
            final long[] all = gather.apply(bytes(own)).stream()
                    .flatMapToLong(SharedRepeats::longs)
                    .sorted()
                    .toArray();
            for (int at = 1; at < all.length; at++) {
                final boolean isNew = at == 1 || all[at] != all[at - 2];
                if (all[at] == all[at - 1] && isNew && Arrays.binarySearch(own, all[at]) >= 0) {
                    found.add(all[at]);
                }
            }
        }
        return found.build().sorted().toArray();
    }

    /** Into how many parts all cut what they say, so that none says more than so much of it at once, or little more. */
    private int slices(int own, int atOnce) {
        final long most = gather.apply(bytes(own)).stream()
                .flatMapToLong(SharedRepeats::longs)
                .max()
                .orElse(0);
        return (int) (most / atOnce) + 1;
    }

    private static byte[] bytes(long... numbers) {
        final ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES * numbers.length);
        bytes.asLongBuffer().put(numbers);
        return bytes.array();
    }

    private static LongStream longs(byte[] bytes) {
        final long[] numbers = new long[bytes.length / Long.BYTES];
        ByteBuffer.wrap(bytes).asLongBuffer().get(numbers);
        return Arrays.stream(numbers);
    }

    private void look(Dataset<I> data, boolean isTrain, long[] repeated, Map<ContentKey, Sighting> seen) {
        if (repeated.length == 0) {
            return;
        }
        int row = 0;
        for (Example<I> example : data) {
            row++;
            final ContentKey key = maker.of(example.input()).orElseThrow();
            if (Arrays.binarySearch(repeated, key.low()) >= 0) {
                final Optional<ContentKey> label =
                        mayConflict(example.label()) ? maker.of(example.label()) : Optional.empty();
                seen.computeIfAbsent(key, each -> Sighting.of(example.input()))
                        .add(isTrain, row, example.label(), label);
            }
        }
    }

    /** A question, or a prompt, may well have several answers. */
    private static boolean mayConflict(Label label) {
        return !(label instanceof Label.Answers
                || label instanceof Label.Completion
                || label instanceof Label.Comparison);
    }

    private RepeatedInputs joined(Map<ContentKey, Sighting> own) {
        final FirstCases shared = new FirstCases();
        final FirstCases conflicting = new FirstCases();
        final FirstCases duplicated = new FirstCases();
        final int slices = slices(own.size(), INPUTS_AT_ONCE);
        for (int i = 0; i < slices; i++) {
            final int slice = i;
            final List<byte[]> said = gather.apply(written(own.entrySet().stream()
                    .filter(entry -> Math.floorMod(entry.getKey().low(), slices) == slice)
                    .toList()));
            for (SharedSighting each : read(said)) {
                each.shared().ifPresent(one -> shared.add(each.first(), one));
                each.conflicting().ifPresent(one -> conflicting.add(each.first(), one));
                each.duplicated().ifPresent(one -> duplicated.add(each.first(), one));
            }
        }
        return new RepeatedInputs(shared.cases(), conflicting.cases(), duplicated.cases());
    }

    private static byte[] written(List<Map.Entry<ContentKey, Sighting>> own) {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(own.size());
            for (Map.Entry<ContentKey, Sighting> each : own) {
                out.writeLong(each.getKey().high());
                out.writeLong(each.getKey().low());
                each.getValue().write(out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static Collection<SharedSighting> read(List<byte[]> said) {
        final Map<ContentKey, SharedSighting> all = new HashMap<>();
        for (int process = 0; process < said.size(); process++) {
            try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(said.get(process)))) {
                final int count = in.readInt();
                for (int i = 0; i < count; i++) {
                    final ContentKey key = new ContentKey(in.readLong(), in.readLong());
                    all.computeIfAbsent(key, each -> new SharedSighting()).add(process, Sighting.read(in));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return new ArrayList<>(all.values());
    }
}
