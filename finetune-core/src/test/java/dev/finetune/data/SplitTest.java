package dev.finetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SplitTest {
    /** Rows numbered in order, with classes as likely as their place in the alphabet is early. */
    private static Dataset<Text> random(Random random) {
        int classes = 1 + random.nextInt(12);
        int rows = 10 + random.nextInt(500);
        List<Example<Text>> examples = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            int drawn = (int) (classes * Math.pow(random.nextDouble(), 2.5));
            examples.add(new Example<>(Text.of("" + row), Label.of("class" + drawn)));
        }
        return Dataset.of(Text.class, examples);
    }

    private static int[] rows(Dataset<Text> data) {
        return data.stream()
                .mapToInt(example -> Integer.parseInt(example.input().text()))
                .toArray();
    }

    private static Map<Label, Long> counts(Dataset<Text> data) {
        Map<Label, Long> counts = new HashMap<>();
        data.forEach(example -> counts.merge(example.label(), 1L, Long::sum));
        return counts;
    }

    private static void assertPartition(Dataset<Text> data, Split<Text> split) {
        List<Integer> all = new ArrayList<>();
        for (Dataset<Text> part : List.of(split.train(), split.validation(), split.test())) {
            assertThat(rows(part)).isSorted().doesNotHaveDuplicates();
            IntStream.of(rows(part)).forEach(all::add);
        }
        assertThat(all)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.of(rows(data)).boxed().toList());
    }

    private static void assertProportional(Map<Label, Long> all, Map<Label, Long> part, double fraction) {
        all.forEach((label, count) -> {
            double share = count * fraction;
            long got = part.getOrDefault(label, 0L);
            assertThat(got).isLessThan(count);
            assertThat((double) got).isLessThan(share + 1);
            if (count - 1 >= Math.ceil(share)) {
                assertThat((double) got).isGreaterThan(share - 1);
            }
        });
    }

    @Test
    void everyClassIsInEachPartInProportion() {
        Random random = new Random(1);
        for (int round = 0; round < 300; round++) {
            Dataset<Text> data = random(random);
            double fraction = 0.1 + 0.7 * random.nextDouble();
            Split<Text> split = data.split(fraction, random.nextLong());

            assertPartition(data, split);
            assertThat(split.test()).isEmpty();
            assertProportional(counts(data), counts(split.validation()), fraction);
        }
    }

    @Test
    void threePartsAreInProportionToo() {
        Random random = new Random(2);
        for (int round = 0; round < 200; round++) {
            Dataset<Text> data = random(random);
            Split<Text> split = data.split(0.7, 0.1, 0.2, random.nextLong());

            assertPartition(data, split);
            assertProportional(counts(data), counts(split.validation()), 0.1);
            assertProportional(counts(data), counts(split.test()), 0.2);
        }
    }

    @Test
    void aPartHasTheSizeThatWasAskedForUnlessClassesAreTiny() {
        List<Example<Text>> examples = new ArrayList<>();
        for (int row = 0; row < 100; row++) {
            examples.add(new Example<>(Text.of("" + row), Label.of(row % 7 == 0 ? "rare" : row % 2 == 0 ? "a" : "b")));
        }
        Split<Text> split = Dataset.of(Text.class, examples).split(0.25, 3);

        assertThat(split.validation().size()).hasValue(25);
        assertThat(counts(split.validation())).containsEntry(Label.of("rare"), 4L);
        assertThat(split.validation().describe()).isEqualTo("100 examples from memory, validation part of 25");
    }

    @Test
    void aClassOfOneExampleStaysInTrain() {
        for (long seed = 0; seed < 50; seed++) {
            Split<Text> split = Dataset.texts(List.of("0", "1", "2", "3", "4"), List.of("a", "only", "a", "a", "a"))
                    .split(0.4, seed);

            assertThat(rows(split.train())).contains(1);
            assertThat(split.validation().size()).hasValue(2);
        }
    }

    @Test
    void theSameSeedGivesTheSameSplitAndAnotherSeedAnother() {
        Dataset<Text> data = random(new Random(3));

        assertThat(rows(data.split(0.3, 7).validation()))
                .isEqualTo(rows(data.split(0.3, 7).validation()));
        assertThat(rows(data.split(0.3, 7).validation()))
                .isNotEqualTo(rows(data.split(0.3, 8).validation()));
    }

    @Test
    void aSplitNeverChangesBetweenVersions() {
        List<String> rows = IntStream.range(0, 20).mapToObj(String::valueOf).toList();
        List<String> labels =
                IntStream.range(0, 20).mapToObj(i -> i % 2 == 0 ? "a" : "b").toList();

        assertThat(rows(Dataset.texts(rows, labels).split(0.2, 42).validation()))
                .containsExactly(5, 6, 16, 17);
    }

    /** The first numbers of SplitMix64 from this seed, as its authors' C code prints them. */
    @Test
    void theGeneratorIsSplitMix64() {
        SplitMix random = new SplitMix(1234567);

        assertThat(LongStream.generate(random::nextLong).limit(3).toArray())
                .containsExactly(
                        6457827717110365317L, 3203168211198807973L, Long.parseUnsignedLong("9817491932198370423"));
    }

    @Test
    void everyRowIsAsLikelyToBeDrawn() {
        int[] drawn = new int[20];
        List<Example<Text>> examples = IntStream.range(0, 20)
                .mapToObj(row -> new Example<>(Text.of("" + row), Label.of(row * 0.5)))
                .toList();
        for (long seed = 0; seed < 4000; seed++) {
            IntStream.of(rows(Dataset.of(Text.class, examples).split(0.25, seed).validation()))
                    .forEach(row -> drawn[row]++);
        }
        for (int count : drawn) {
            assertThat(count).isBetween(850, 1150);
        }
    }

    @Test
    void setsOfClassesAreSplitBySetAndRareSetsTogether() {
        List<Example<Text>> examples = new ArrayList<>();
        for (int row = 0; row < 120; row++) {
            Set<String> names = row < 40 ? Set.of("x", "y") : row < 80 ? Set.of() : Set.of("z", "unique" + row);
            examples.add(new Example<>(Text.of("" + row), new Label.Categories(names)));
        }
        Split<Text> split = Dataset.of(Text.class, examples).split(0.25, 5);

        assertThat(split.validation().size()).hasValue(30);
        assertThat(counts(split.validation()))
                .containsEntry(new Label.Categories(Set.of("y", "x")), 10L)
                .containsEntry(new Label.Categories(Set.of()), 10L);
    }

    @Test
    void fractionsThatMakeNoSenseAreRefused() {
        Dataset<Text> data = random(new Random(4));

        for (double wrong : new double[] {0, 1, -0.1, 1.5, Double.NaN}) {
            assertThatThrownBy(() -> data.split(wrong, 1)).hasMessageContaining("validation fraction is " + wrong);
        }
        assertThatThrownBy(() -> data.split(0.8, 0.1, 0.2, 1)).hasMessageContaining("sum to 1");
        assertThatThrownBy(() -> data.split(0.9, 0.1, 0, 1)).hasMessageContaining("test fraction");
    }

    @Test
    void aPartThatWouldBeEmptyIsRefused() {
        assertThatThrownBy(() ->
                        Dataset.texts(List.of("a", "b"), List.of("x", "y")).split(0.5, 1))
                .hasMessageContainingAll("validation part", "empty");
        assertThat(rows(Dataset.texts(List.of("0", "1"), List.of("x", "x"))
                        .split(0.1, 1)
                        .validation()))
                .hasSize(1);
    }

    @Test
    void tooFewExamplesToSplitAreToldWhatElseToDo() {
        Dataset<Text> one = Dataset.of(Text.class, List.of(new Example<>(Text.of("a"), Label.of("x"))));

        assertThatThrownBy(() -> one.split(0.1, 1))
                .hasMessageContainingAll("validation part", "fitAll(dataset)", "fit(train, validation)");
    }
}
