package dev.finetune.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a prediction answers, what it says it can't, and how it reads. */
class PredictionTest {
    private static final List<float[]> LOGITS = List.of(new float[] {1, 2});

    private static Map<String, Double> ordered(String first, double one, String second, double other) {
        final Map<String, Double> map = new LinkedHashMap<>();
        map.put(first, one);
        map.put(second, other);
        return map;
    }

    private static Prediction.Fills fills(List<Map<String, Double>> places) {
        return new Prediction.Fills(places, LOGITS);
    }

    @Test
    void severalNumbersAreNotOne() {
        assertThat(new Prediction.Numbers(List.of(1.5), LOGITS).value()).isEqualTo(1.5);
        final Prediction two = new Prediction.Numbers(List.of(1.5, 2.0), LOGITS);
        assertThatThrownBy(two::value)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll("2 numbers", "values()");
        assertThat(two).hasToString("1.5, 2.0");
    }

    @Test
    void aTextWithoutAMaskHasNoLabelAndOneWithSeveralHasNoSingleOne() {
        final Map<String, Double> place = ordered("rome", 0.5, "oslo", 0.25);
        assertThat(fills(List.of(place)).label()).isEqualTo("rome");
        assertThat(fills(List.of(place)).probability()).isEqualTo(0.5);
        assertThatThrownBy(() -> fills(List.of()).label())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no mask token");
        assertThatThrownBy(() -> fills(List.of(place, place)).label())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll("2 places", "places()");
    }

    @Test
    void everyKindReadsAsWhatItSays() {
        final Map<String, Double> probabilities = ordered("sport", 0.9, "money", 0.625);
        assertThat(new Prediction.Categories(List.of("sport", "money"), probabilities, LOGITS))
                .hasToString("sport (90.0 %), money (62.5 %)");
        assertThat(new Prediction.Categories(List.of(), probabilities, LOGITS)).hasToString("no label");
        assertThat(new Prediction.Tags(List.of("B-PER", "O"), List.of(0.9, 0.8), LOGITS))
                .hasToString("B-PER O");
        assertThat(fills(List.of(probabilities, Map.of("x", 1.0))))
                .hasToString("sport (90.0 %), money (62.5 %); x (100.0 %)");
        assertThat(fills(List.of())).hasToString("nothing masked");
        assertThat(new Prediction.Vector(List.of(new float[] {1, 2, 3, 4, 5})))
                .hasToString("5 numbers: 1.0, 2.0, 3.0, 4.0 ...");
    }

    @Test
    void wordsThatWereNotReadAreNamed() {
        final Prediction.Tags tags =
                new Prediction.Tags(List.of("B-PER", "", "O", ""), List.of(0.9, 0.0, 0.8, 0.0), LOGITS);
        assertThat(tags.unread()).containsExactly(1, 3);
        assertThat(tags).hasToString("B-PER (not read) O (not read)");
    }
}
