package dev.finetune.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuner;
import dev.finetune.error.FinetuneException;
import dev.finetune.metrics.MetricOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What is tried next: spread evenly, or near what was good. */
class ProposalsTest {
    private static final List<Dimension> TWO = List.of(
            new Dimension.Real("x", 1e-6, 1, true, FineTuner::lr),
            new Dimension.Choice<>("kind", List.of("a", "b", "c", "d"), (tuner, kind) -> tuner));

    private static List<List<Double>> places(
            Sampler sampler, int count, long seed, ToDoubleFunction<List<Double>> loss) {
        final Proposals proposals = new Proposals(sampler, TWO, seed);
        final List<List<Double>> tried = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final List<List<Double>> ranked =
                    tried.stream().sorted(Comparator.comparingDouble(loss)).toList();
            tried.add(proposals.next(i, ranked));
        }
        return tried;
    }

    /** Best at x = 0.7 of kind "c". */
    private static double loss(List<Double> place) {
        return Math.abs(place.get(0) - 0.7) + (place.get(1) >= 0.5 && place.get(1) < 0.75 ? 0 : 1);
    }

    @Test
    void digitsAreMirroredAtThePoint() {
        assertThat(IntStream.rangeClosed(1, 6).mapToObj(i -> Proposals.radicalInverse(2, i)))
                .containsExactly(0.5, 0.25, 0.75, 0.125, 0.625, 0.375);
        assertThat(Proposals.radicalInverse(3, 5)).isCloseTo(2 / 3.0 + 1 / 9.0, within(1e-15));
    }

    @Test
    void haltonPlacesAreSpreadMoreEvenlyThanRandomOnes() {
        for (long seed = 0; seed < 20; seed++) {
            final long[] cells = new long[8];
            places(Sampler.halton(), 64, seed, p -> 0).forEach(place -> cells[(int) (8 * place.get(0))]++);
            assertThat(LongStream.of(cells)).allMatch(count -> count >= 7 && count <= 9);
        }
        assertThat(places(Sampler.halton(), 5, 1, p -> 0)).isNotEqualTo(places(Sampler.halton(), 5, 2, p -> 0));
    }

    @Test
    void everySamplerGivesTheSameForTheSameSeedAndStaysInside() {
        for (Sampler sampler : List.of(Sampler.random(), Sampler.halton(), Sampler.tpe())) {
            final List<List<Double>> first = places(sampler, 60, 7, ProposalsTest::loss);
            assertThat(places(sampler, 60, 7, ProposalsTest::loss)).isEqualTo(first);
            assertThat(first).allSatisfy(place -> assertThat(place).allMatch(p -> p >= 0 && p < 1));
        }
    }

    @Test
    void tpeComesNearerToTheBestThanRandomDoes() {
        int wins = 0;
        double near = 0;
        for (long seed = 0; seed < 20; seed++) {
            final List<List<Double>> learned = places(Sampler.tpe(), 60, seed, ProposalsTest::loss);
            final double late = learned.subList(40, 60).stream()
                    .mapToDouble(ProposalsTest::loss)
                    .average()
                    .orElseThrow();
            final double chance = places(Sampler.random(), 60, seed, p -> 0).subList(40, 60).stream()
                    .mapToDouble(ProposalsTest::loss)
                    .average()
                    .orElseThrow();
            wins += late < chance ? 1 : 0;
            near += late / 20;
        }
        assertThat(wins).isEqualTo(20);
        assertThat(near).isLessThan(0.4);
    }

    @Test
    void densitiesIntegrateToOneAndDrawInside() {
        final SplittableRandom random = new SplittableRandom(3);
        for (int round = 0; round < 30; round++) {
            final double[] values = random.doubles(random.nextInt(1, 40)).toArray();
            final Density density = Density.of(values, 0, values.length, 0);
            double sum = 0;
            for (int i = 0; i < 10_000; i++) {
                sum += density.at((i + 0.5) / 10_000) / 10_000;
            }
            assertThat(sum).isCloseTo(1, within(1e-5));
            for (int i = 0; i < 100; i++) {
                assertThat(density.draw(random)).isBetween(0.0, Math.nextDown(1.0));
            }
        }
        final Density counts = Density.of(new double[] {0.1, 0.3, 0.4}, 0, 3, 4);
        assertThat(List.of(counts.at(0.2), counts.at(0.3), counts.at(0.6), counts.at(0.9)))
                .usingComparatorForType((a, b) -> Math.abs(a - b) < 1e-12 ? 0 : 1, Double.class)
                .isEqualTo(List.of(2 / 7.0, 3 / 7.0, 1 / 7.0, 1 / 7.0));
    }

    @Test
    void placesBecomeValues() {
        final Dimension.Real rate = new Dimension.Real("lr", 1e-5, 1e-3, true, FineTuner::lr);
        assertThat(rate.value(0.5)).isCloseTo(1e-4, within(1e-12));
        assertThat(rate.show(0)).isEqualTo("1.000e-05");
        final Dimension.Whole layers = new Dimension.Whole("frozen", 0, 3, FineTuner::freeze);
        assertThat(IntStream.range(0, 8).mapToObj(i -> layers.value(i / 8.0))).containsExactly(0, 0, 1, 1, 2, 2, 3, 3);
        assertThat(layers.value(Math.nextDown(1.0))).isEqualTo(3);
        final Dimension rows = new Dimension.Choice<>("batch", List.of(8, 16), FineTuner::batchSize);
        assertThat(rows.show(0.49) + rows.show(0.5)).isEqualTo("816");
        assertThat(rows.apply(FineTuner.from("model"), 0.9).describe()).contains("batch size: 16");
    }

    @Test
    void dimensionsThatDoNotRiseAreRefused() {
        final Search search = Search.over(FineTuner.from("model"));
        assertThatThrownBy(() -> search.logUniform("lr", 0, 1, FineTuner::lr))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("\"lr\"", "above 0");
        assertThatThrownBy(
                        () -> search.uniform("p", 1, 1, (tuner, value) -> tuner.regularization(r -> r.dropout(value))))
                .hasMessageContaining("rise");
        assertThatThrownBy(() -> search.integer("k", 3, 2, FineTuner::freeze)).hasMessageContaining("rise");
        assertThatThrownBy(() -> search.choice("b", List.of(8), FineTuner::batchSize))
                .hasMessageContaining("at least 2 values");
        assertThatThrownBy(() -> search.uniform(
                                "p", 0, 1, (tuner, value) -> tuner.regularization(r -> r.dropout(value)))
                        .uniform("p", 0, 1, (tuner, value) -> tuner.regularization(r -> r.dropout(value))))
                .hasMessageContaining("two dimensions called \"p\"");
        assertThatThrownBy(() -> search.trials(0)).hasMessageContaining("at least 1");
        assertThatThrownBy(() -> search.maxTime(Duration.ZERO)).hasMessageContaining("above 0");
        assertThatThrownBy(() -> search.parallel(0)).hasMessageContaining("at least 1");
    }

    @Test
    void theBestThirdGoesOn() {
        final Halving halving = Halving.usual();
        assertThat(IntStream.rangeClosed(1, 30).filter(halving::isRung)).containsExactly(1, 3, 9, 27);
        assertThat(IntStream.range(0, 7).filter(rank -> halving.goesOn(rank, 7)))
                .containsExactly(0, 1, 2);
        assertThat(halving.goesOn(0, 1)).isTrue();
        final Leaderboard board = new Leaderboard(new MetricOrder("loss", false), List.of());
        assertThat(board.goesOn(halving, 1, 0.5)).isTrue();
        assertThat(board.goesOn(halving, 1, 0.6)).isFalse();
        assertThat(board.goesOn(halving, 1, 0.4)).isTrue();
        assertThat(board.goesOn(halving, 1, Double.NaN)).isFalse();
        assertThatThrownBy(() -> new Halving(0, 3)).hasMessageContaining("at least 1");
    }
}
