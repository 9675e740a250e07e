package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.BytePointer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrozenOutputStoreTest {
    @ParameterizedTest(name = "of {0} bytes in memory")
    @ValueSource(longs = {0, 16L << 20, 256L << 20})
    void whatWasAddedIsReadBackFromMemoryAndFromTheFile(long memory) {
        final SplittableRandom random = new SplittableRandom(3);
        final List<byte[]> rows = new ArrayList<>();
        final List<FrozenOutputStore.Place> places = new ArrayList<>();
        try (FrozenOutputStore store = new FrozenOutputStore(memory, AssertionError::new)) {
            for (int i = 0; i < 60; i++) {
                final byte[] row = new byte[random.nextInt(1, 1 << 20)];
                random.nextBytes(row);
                rows.add(row);
                try (BytePointer source = new BytePointer(row.length + 7L)) {
                    source.position(7).put(row, 0, row.length).position(0);
                    places.add(store.add(source, 7, row.length));
                }
            }
            for (int i = rows.size() - 1; i >= 0; i--) {
                final byte[] row = rows.get(i);
                try (BytePointer target = new BytePointer(row.length + 5L)) {
                    store.read(places.get(i), target, 5);
                    final byte[] back = new byte[row.length];
                    target.position(5).get(back, 0, back.length);
                    target.position(0);
                    assertThat(back).isEqualTo(row);
                }
            }
        }
        assertThat(places.stream().anyMatch(place -> place.segment() < 0)).isEqualTo(memory < 256L << 20);
        assertThat(places.stream().anyMatch(place -> place.segment() >= 0)).isEqualTo(memory > 0);
    }
}
