package dev.finetune.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Prediction;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Where a model is worse than elsewhere. */
class SliceSearchTest {
    private static final List<String> FILLERS =
            List.of("the", "product", "screen", "mail", "price", "sound", "and", "hour", "battery", "week");

    private final List<Example<Text>> rows = new ArrayList<>();
    private final List<Prediction> said = new ArrayList<>();

    private static Prediction category(String label) {
        return new Prediction.Category(label, Map.of(label, 1.0), List.of(new float[] {1}));
    }

    /** Rows of 4 to 8 words, "not" in a tenth; wrong by chance, more often where a test says so. */
    private void draw(int count, long seed, double elsewhere, double withNot) {
        final SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < count; i++) {
            final List<String> words = new ArrayList<>();
            for (int j = random.nextInt(4, 9); j > 0; j--) {
                words.add(FILLERS.get(random.nextInt(FILLERS.size())));
            }
            final boolean not = random.nextInt(10) == 0;
            if (not) {
                words.set(0, "Not");
            }
            final String truth = i % 2 == 0 ? "good" : "bad";
            final String other = i % 2 == 0 ? "bad" : "good";
            rows.add(new Example<>(Text.of(String.join(" ", words)), Label.of(truth)));
            said.add(category(random.nextDouble() < (not ? withNot : elsewhere) ? other : truth));
        }
    }

    @Test
    void aWordThatMakesTheModelWrongIsFound() {
        draw(1000, 1, 0.1, 0.5);

        final Slices found = SliceSearch.usual().find(rows, said);

        final Slice worst = found.worse().get(0);
        assertThat(worst.kind()).isEqualTo(Slice.Kind.WORD);
        assertThat(worst.name()).isEqualTo("not");
        assertThat(worst.errorRate()).isBetween(0.35, 0.65);
        assertThat(worst.otherErrorRate()).isBetween(0.05, 0.15);
        assertThat(worst.difference().low()).isBetween(0.1, worst.errorRate() - worst.otherErrorRate());
        assertThat(worst.adjusted()).isBetween(worst.pValue(), 1e-6);
        assertThat(found.worse()).hasSize(1);
        assertThat(found.toString())
                .contains("1000 rows are wrong", "1 is worse than the rest (false discovery rate 0.05)")
                .containsPattern("word   not +\\d+ +\\d+\\.\\d % +\\d+\\.\\d %");
    }

    @Test
    void whereErrorsAreChanceNothingIsFoundButInOneOfTwentySearches() {
        int searchesThatFound = 0;
        for (int seed = 0; seed < 40; seed++) {
            rows.clear();
            said.clear();
            draw(400, seed, 0.2, 0.2);
            searchesThatFound += SliceSearch.usual().find(rows, said).worse().isEmpty() ? 0 : 1;
        }
        assertThat(searchesThatFound).isLessThanOrEqualTo(4);
    }

    @Test
    void lengthsAndLabelsAreSlicesToo() {
        for (int i = 0; i < 400; i++) {
            final boolean lengthy = i % 4 == 0;
            final String truth = i % 2 == 0 ? "a" : "b";
            rows.add(new Example<>(Text.of("word ".repeat(lengthy ? 20 + i % 3 : 3 + i % 5)), Label.of(truth)));
            said.add(category(lengthy && i % 8 == 0 ? "b" : truth));
        }

        final List<Slice> worse = SliceSearch.usual().find(rows, said).worse();

        assertThat(worse).map(Slice::kind).contains(Slice.Kind.LENGTH, Slice.Kind.LABEL);
        assertThat(worse)
                .filteredOn(slice -> slice.kind() == Slice.Kind.LENGTH)
                .map(Slice::name)
                .containsExactly("20 to 22 words");
        assertThat(worse)
                .filteredOn(slice -> slice.kind() == Slice.Kind.LABEL)
                .map(Slice::name)
                .containsExactly("a");
    }

    @Test
    void slicesOfTooFewRowsAreNotLookedAt() {
        draw(60, 3, 0.1, 1);

        assertThat(SliceSearch.usual().find(rows, said).worse())
                .noneMatch(slice -> slice.name().equals("not"));
        final Slices all = SliceSearch.usual().leastRows(2).find(rows, said);
        assertThat(all.worse()).anyMatch(slice -> slice.name().equals("not"));
        assertThat(all.tested())
                .isGreaterThan(SliceSearch.usual().find(rows, said).tested());
    }

    @Test
    void severalLabelsAreRightOnlyAllTogether() {
        for (int i = 0; i < 100; i++) {
            rows.add(new Example<>(Text.of("a text"), new Label.Categories(i < 50 ? Set.of("x", "y") : Set.of("x"))));
            said.add(new Prediction.Categories(List.of("x"), Map.of("x", 0.9, "y", 0.1), List.of(new float[] {1, -1})));
        }

        final Slices found = SliceSearch.usual().find(rows, said);

        assertThat(found.wrong()).isEqualTo(50);
        assertThat(found.worse()).map(Slice::name).containsExactly("y");
    }

    /** scipy.stats.hypergeom.sf(k - 1, N, K, n), of SciPy 1.17.1. */
    @Test
    void pValuesAreThoseOfFishersExactTest() {
        assertThat(new Fisher(20).atLeast(4, 5, 8)).isCloseTo(0.057791537667698664, within(1e-12));
        assertThat(new Fisher(1000).atLeast(25, 100, 150)).isCloseTo(0.003915254400721538, within(1e-12));
        assertThat(new Fisher(10).atLeast(0, 5, 4)).isCloseTo(1, within(1e-12));
    }

    @Test
    void whatCantBeComparedIsRefused() {
        draw(30, 1, 0.1, 0.1);
        assertThatThrownBy(() -> SliceSearch.usual().find(rows, said.subList(0, 3)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("30 rows and 3 predictions");
        assertThatThrownBy(() -> SliceSearch.usual()
                        .find(
                                List.of(new Example<>(Text.of("a"), Label.of(1.5))),
                                List.of(new Prediction.Numbers(List.of(1.0), List.of(new float[] {1})))))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("right or wrong");
        assertThatThrownBy(() -> SliceSearch.usual().leastRows(0)).hasMessageContaining("leastRows(0)");
        assertThatThrownBy(() -> SliceSearch.usual().falseDiscoveryRate(1))
                .hasMessageContaining("falseDiscoveryRate(1.0)");
        assertThat(SliceSearch.usual().find(List.of(), List.of()).worse()).isEmpty();
    }
}
