package dev.finetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class LabelSetTest {
    private static Dataset<Text> data(Label... labels) {
        return Dataset.of(
                Text.class,
                List.of(labels).stream()
                        .map(label -> new Example<>(Text.of("a"), label))
                        .toList());
    }

    private static Dataset<Text> data(String... names) {
        return data(List.of(names).stream().map(Label::of).toArray(Label[]::new));
    }

    @Test
    void integersAreInNumericOrder() {
        assertThat(LabelSet.discover(data("10", "2", "-1", "2")).names()).containsExactly("-1", "2", "10");
    }

    @Test
    void otherNamesAreInNaturalOrder() {
        assertThat(LabelSet.discover(data("10", "b", "B", "2")).names()).containsExactly("10", "2", "B", "b");
    }

    @Test
    void setsOfClassesAreCollected() {
        assertThat(LabelSet.discover(data(
                                new Label.Categories(Set.of("b", "a")),
                                new Label.Categories(Set.of()),
                                new Label.Categories(Set.of("c"))))
                        .names())
                .containsExactly("a", "b", "c");
    }

    @Test
    void tagsStartWithOutsideAndBeginnersComeBeforeInsiders() {
        Label tags = new Label.Tags(List.of("I-PER", "B-PER", "O", "B-LOC", "I-LOC", "B-creative-work", "MISC"));

        assertThat(LabelSet.discover(data(tags)).names())
                .containsExactly("O", "B-LOC", "I-LOC", "MISC", "B-PER", "I-PER", "B-creative-work");
    }

    @Test
    void namesAndIndicesBelongTogether() {
        LabelSet labels = LabelSet.of("neg", "pos");

        assertThat(labels.size()).isEqualTo(2);
        assertThat(labels.indexOf("pos")).isEqualTo(1);
        assertThat(labels.name(1)).isEqualTo("pos");
        assertThat(labels.contains("neutral")).isFalse();
        assertThat(labels).isEqualTo(LabelSet.of(List.of("neg", "pos"))).isNotEqualTo(LabelSet.of("pos", "neg"));
        assertThatThrownBy(() -> labels.name(2)).hasMessageContainingAll("index 2", "0 to 1", "neg, pos");
    }

    @Test
    void anUnknownLabelIsToldWithTheNearest() {
        LabelSet labels = LabelSet.of("negative", "neutral", "positive");

        assertThatThrownBy(() -> labels.indexOf("postive"))
                .hasMessageContainingAll(
                        "\"postive\"",
                        "did you mean \"positive\"?",
                        "negative, neutral, positive",
                        "Correct or map it in the data");
        assertThatThrownBy(() -> labels.indexOf("Neutral ")).hasMessageContaining("did you mean \"neutral\"?");
        assertThatThrownBy(() -> labels.indexOf("spam"))
                .hasMessageNotContaining("did you mean")
                .hasMessageContaining("negative, neutral, positive");
    }

    @Test
    void manyNamesAreNotAllListed() {
        LabelSet labels =
                LabelSet.of(IntStream.range(0, 77).mapToObj(i -> "class" + i).toList());

        assertThatThrownBy(() -> labels.indexOf("x")).hasMessageContainingAll("77 known", "class19 and 57 more");
    }

    @Test
    void twoLabelsOfOneNameAreRefused() {
        assertThatThrownBy(() -> LabelSet.of("a", "b", "a")).hasMessageContainingAll("\"a\"", "twice");
        assertThatThrownBy(() -> LabelSet.of(List.of())).hasMessageContaining("at least one");
    }

    @Test
    void dataWithoutClassesHasNoLabelSet() {
        assertThatThrownBy(() -> LabelSet.discover(data(Label.of(1.5))))
                .hasMessageContainingAll("Example 1", "no class");
        assertThatThrownBy(() -> LabelSet.discover(data(Label.of("a"), Label.none())))
                .hasMessageContainingAll("Example 2", "another kind");
        assertThatThrownBy(() -> LabelSet.discover(Dataset.of(Text.class, List.of())))
                .hasMessageContaining("no labels");
    }

    @Test
    void countsAreInLabelOrderAndWeightsBalanceThem() {
        ClassCounts counts = ClassCounts.of(data("b", "a", "b", "b", "a", "c", "b", "b"));

        assertThat(counts.counts()).containsExactly(entry("a", 2L), entry("b", 5L), entry("c", 1L));
        assertThat(counts.total()).isEqualTo(8);
        assertThat(counts.imbalance()).isEqualTo(5.0);
        // compute_class_weight("balanced", ...) of scikit-learn: 8 / (3 * 2), 8 / (3 * 5), 8 / (3 * 1)
        Map<String, Double> weights = counts.balancedWeights();
        assertThat(weights.keySet()).containsExactly("a", "b", "c");
        assertThat(weights.get("a")).isCloseTo(1.3333333, Offset.offset(1e-6));
        assertThat(weights.get("b")).isCloseTo(0.5333333, Offset.offset(1e-6));
        assertThat(weights.get("c")).isCloseTo(2.6666667, Offset.offset(1e-6));
        assertThatThrownBy(() -> new ClassCounts(Map.of("a", 0L))).hasMessageContaining("\"a\" is 0");
    }
}
