package dev.finetune.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import java.util.List;
import org.junit.jupiter.api.Test;

class NearestRowsTest {
    private static final Dataset<Text> ROWS = Dataset.of(
            Text.class,
            List.of(
                    new Example<>(Text.of("aa"), Label.of("only a")),
                    new Example<>(Text.of("ab"), Label.of("both")),
                    new Example<>(Text.of("bb"), Label.of("only b"))));

    /** How many letters are a, and how many b. */
    private static List<float[]> counts(List<Text> texts) {
        return texts.stream()
                .map(text -> new float[] {
                    text.text().chars().filter(c -> c == 'a').count(),
                    text.text().chars().filter(c -> c == 'b').count()
                })
                .toList();
    }

    @Test
    void theNearestRowsComeFirstWithTheirCosine() {
        final List<NearestRows.Neighbour<Text>> nearest =
                NearestRows.of(ROWS, NearestRowsTest::counts).nearest(Text.of("aaab"), 2);

        assertThat(nearest).map(NearestRows.Neighbour::row).containsExactly(1, 2);
        assertThat(nearest.get(0).similarity()).isCloseTo(3 / Math.sqrt(10), within(1e-12));
        assertThat(nearest.get(1).example().label()).isEqualTo(Label.of("both"));
        assertThat(nearest.get(1).similarity()).isCloseTo(4 / Math.sqrt(20), within(1e-12));
    }

    @Test
    void vectorsThatDontFitAreRefused() {
        assertThatThrownBy(() -> NearestRows.of(ROWS, texts -> List.of(new float[] {1, 2})))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("1 vectors and 3");
        assertThatThrownBy(() -> NearestRows.of(ROWS, NearestRowsTest::counts).nearest(Text.of("a"), -1))
                .isInstanceOf(FinetuneException.class);
    }
}
