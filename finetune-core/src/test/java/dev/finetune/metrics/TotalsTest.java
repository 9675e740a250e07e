package dev.finetune.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.data.InParts;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Metrics of parts, totalled, are those of the whole; a part may be empty. */
class TotalsTest {
    private static final int ROWS = 300;
    private static final int PARTS = 4;

    /**
     * Compares.
     *
     * @param add adds a row to a score, the same however often it is called
     */
    private static <M> void agrees(
            Supplier<M> empty, BiConsumer<M, Integer> add, BiConsumer<M, Totals> total, Function<M, Metrics> result)
            throws Exception {
        final M whole = empty.get();
        IntStream.range(0, ROWS).forEach(row -> add.accept(whole, row));
        final Metrics expected = result.apply(whole);
        final List<Metrics> parts = InParts.run(PARTS, (own, gather) -> {
            final M score = empty.get();
            IntStream.range(0, ROWS)
                    .filter(row -> row % 7 % (PARTS - 1) == own) // The last one has none.
                    .forEach(row -> add.accept(score, row));
            total.accept(score, new Totals(gather));
            return result.apply(score);
        });
        assertThat(parts).hasSize(PARTS);
        for (Metrics metrics : parts) {
            assertThat(metrics.names()).isEqualTo(expected.names());
            for (String name : expected.names()) {
                assertThat(metrics.get(name)).as(name).isCloseTo(expected.get(name), within(1e-12));
            }
            assertThat(metrics.perClass()).isEqualTo(expected.perClass());
        }
    }

    private static double[] probabilities(int row, int classes) {
        final Random random = new Random(row);
        final double[] all = random.doubles(classes).map(Math::exp).toArray();
        final double sum = IntStream.range(0, classes).mapToDouble(i -> all[i]).sum();
        return IntStream.range(0, classes).mapToDouble(i -> all[i] / sum).toArray();
    }

    @Test
    void ofClasses() throws Exception {
        for (List<String> labels : List.of(List.of("a", "b"), List.of("a", "b", "c", "d"))) {
            agrees(
                    () -> new ClassificationMetrics(labels),
                    (score, row) -> score.add(row * 31 % labels.size(), probabilities(row, labels.size())),
                    ClassificationMetrics::total,
                    ClassificationMetrics::result);
        }
    }

    @Test
    void ofSeveralLabels() throws Exception {
        agrees(
                () -> new MultiLabelMetrics(List.of("a", "b", "c")),
                (score, row) -> {
                    final Random random = new Random(row);
                    final float[] truths = {random.nextInt(2), random.nextInt(2), random.nextInt(2)};
                    score.add(truths, random.doubles(3).toArray());
                },
                MultiLabelMetrics::total,
                MultiLabelMetrics::result);
    }

    @Test
    void ofNumbers() throws Exception {
        agrees(
                () -> new RegressionMetrics(2),
                (score, row) -> {
                    final Random random = new Random(row);
                    final double[] truths = {random.nextGaussian(), random.nextInt(3)};
                    score.add(truths, new double[] {truths[0] + random.nextGaussian(), random.nextInt(3)});
                },
                RegressionMetrics::total,
                RegressionMetrics::result);
    }

    @Test
    void ofTags() throws Exception {
        final List<String> tags = List.of("O", "B-PER", "I-PER", "B-LOC", "I-LOC");
        agrees(
                () -> new EntityMetrics(tags),
                (score, row) -> {
                    final Random random = new Random(row);
                    final List<String> truths =
                            random.ints(12, 0, 5).mapToObj(tags::get).toList();
                    score.add(
                            truths,
                            truths.stream()
                                    .map(tag -> random.nextInt(4) == 0 ? tags.get(random.nextInt(5)) : tag)
                                    .toList());
                },
                EntityMetrics::total,
                EntityMetrics::result);
    }

    @Test
    void ofAnswers() throws Exception {
        final List<String> words = List.of("the cat", "a cat sat", "dog", "the dog sat", "");
        agrees(
                SquadMetrics::new,
                (score, row) -> score.add(words.get(row % 5), List.of(words.get(row * 3 % 5), words.get(row % 4))),
                SquadMetrics::total,
                SquadMetrics::result);
    }

    @Test
    void ofTokensAndOfPreferences() throws Exception {
        agrees(
                PerplexityMetrics::new,
                (score, row) -> score.add(row * 0.01, 1 + row % 9, row % 2),
                PerplexityMetrics::total,
                PerplexityMetrics::result);
        agrees(
                PreferenceMetrics::new,
                (score, row) -> {
                    final Random random = new Random(row);
                    score.add(random.nextGaussian(), random.nextGaussian(), -row, -2.0 * row);
                },
                PreferenceMetrics::total,
                score -> score.result(1));
    }
}
