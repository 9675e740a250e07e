package dev.finetune.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Recalls are the accuracy@k of sentence-transformers 6.0.1's InformationRetrievalEvaluator on these vectors. */
class RetrievalMetricsTest {
    private static final List<float[]> KNOWN = List.of(
            new float[] {0.9f, 0.1f, 0.2f},
            new float[] {0.1f, 1, 0},
            new float[] {0, 0.4f, 1},
            new float[] {0.7f, 0.8f, 0.1f},
            new float[] {-0.5f, 1, 0.2f},
            new float[] {0.3f, -0.2f, 0.9f},
            new float[] {1, -0.3f, 0.1f},
            new float[] {0.2f, 0.9f, 0.9f});

    private static final List<String> CLASSES = List.of("a", "b", "c", "b", "a", "c", "c", "b");

    private static final List<float[]> QUERIES = List.of(
            new float[] {1, 0.2f, 0},
            new float[] {0, 1, 0.3f},
            new float[] {0.2f, 0.1f, 1},
            new float[] {1, 1, 0},
            new float[] {-1, 0.5f, 0.5f});

    private static final List<String> TRUTHS = List.of("a", "b", "c", "a", "b");

    private static RetrievalMetrics search() {
        return new RetrievalMetrics(KNOWN, CLASSES);
    }

    @Test
    void recallsAreTheEvaluatorsAccuracies() {
        final Metrics recall = search().recall(QUERIES, TRUTHS, 1, 2, 3, 5);
        assertThat(recall.names()).containsExactly("recall@1", "recall@2", "recall@3", "recall@5");
        assertThat(recall.get("recall@1")).isEqualTo(0.6);
        assertThat(recall.get("recall@2")).isEqualTo(0.6);
        assertThat(recall.get("recall@3")).isEqualTo(1);
        assertThat(recall.get("recall@5")).isEqualTo(1);
        assertThat(recall.interval("recall@1")).isPresent();
    }

    @Test
    void theNearestByCosineComeFirst() {
        assertThat(search().nearest(QUERIES.get(0), 3)).containsExactly(0, 6, 3);
        assertThat(search().nearest(QUERIES.get(4), 100)).containsExactly(4, 2, 7, 1, 5, 3, 0, 6);
        assertThat(search().nearest(new float[] {500, 100, 0}, 3)).containsExactly(0, 6, 3);
    }

    @Test
    void ofEquallyNearOnesTheEarlierComesFirstAndAVectorOfLengthZeroIsNearNone() {
        final RetrievalMetrics twins = new RetrievalMetrics(
                List.of(new float[] {0, 0}, new float[] {1, 1}, new float[] {2, 2}), List.of("x", "y", "z"));
        assertThat(twins.nearest(new float[] {3, 3}, 3)).containsExactly(1, 2, 0);
        assertThat(twins.nearest(new float[] {-3, -3}, 3)).containsExactly(0, 1, 2);
    }

    @Test
    void whatDoesNotFitIsRefused() {
        assertThatThrownBy(() -> new RetrievalMetrics(KNOWN, List.of("a")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("8 vectors and 1 classes");
        assertThatThrownBy(() -> new RetrievalMetrics(List.of(), List.of()))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("nothing to search");
        assertThatThrownBy(() -> search().nearest(new float[] {1, 2}, 1))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("2 wide, and the first known one 3");
        assertThatThrownBy(() -> search().recall(QUERIES, TRUTHS, 1, 0))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("Recall at 0");
        assertThatThrownBy(() -> search().recall(List.of(), List.of(), 1))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("at least one query");
    }
}
