package dev.finetune.internal.lint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import dev.finetune.fewshot.LogisticRegression;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Against confident learning by numpy from scikit-learn's out-of-fold probabilities, of 150 rows with 18 flipped labels. */
class ConfidentLearningTest {
    private static Golden golden;

    private record Golden(
            List<float[]> vectors,
            int[] labels,
            float[][] probabilities,
            double[] thresholds,
            int[][] joint,
            int[] doubts,
            int[] probable,
            double[] margins,
            double wrongShare,
            int[] flipped) {}

    @BeforeAll
    static void read() throws IOException {
        try (InputStream in = ConfidentLearningTest.class.getResourceAsStream("confident-learning.json")) {
            golden = new Gson().fromJson(new InputStreamReader(in, StandardCharsets.UTF_8), Golden.class);
        }
    }

    @Test
    void thresholdsJointAndRankingAreThoseOfTheReference() {
        final ConfidentLearning found = ConfidentLearning.of(golden.probabilities(), golden.labels(), 3);

        assertThat(found.thresholds()).containsExactly(golden.thresholds(), within(1e-6));
        assertThat(found.joint()).isDeepEqualTo(golden.joint());
        assertThat(found.doubts())
                .extracting(ConfidentLearning.Doubt::row)
                .containsExactlyElementsOf(boxed(golden.doubts()));
        assertThat(found.doubts())
                .extracting(ConfidentLearning.Doubt::probable)
                .containsExactlyElementsOf(boxed(golden.probable()));
        for (int i = 0; i < golden.margins().length; i++) {
            assertThat(found.doubts().get(i).margin()).isCloseTo(golden.margins()[i], within(1e-6));
        }
        assertThat(found.wrongShare()).isCloseTo(golden.wrongShare(), within(1e-9));
    }

    /** Folds differ: the reference's own doubts, with folds drawn anew, share 14 to 18 of 19 with these. */
    @Test
    void ownProbabilitiesDoubtTheRowsThatThoseOfTheReferenceDoubt() {
        final int[] groups = IntStream.range(0, golden.labels().length).toArray();
        final float[][] own = OutOfFold.ofVectors(golden.vectors(), golden.labels(), groups, 3);
        final List<Integer> found = ConfidentLearning.of(own, golden.labels(), 3).doubts().stream()
                .map(ConfidentLearning.Doubt::row)
                .toList();

        final Set<Integer> shared = new HashSet<>(found);
        shared.retainAll(boxed(golden.doubts()));
        assertThat(shared).as("of those of the reference").hasSizeGreaterThanOrEqualTo(golden.doubts().length * 8 / 10);
        assertThat(shared).as("of those found").hasSizeGreaterThanOrEqualTo(found.size() * 8 / 10);
        assertThat(boxed(golden.doubts())).as("the top ten").containsAll(found.subList(0, 10));
        assertThat(boxed(golden.flipped())).as("the most doubtful were flipped").containsAll(found.subList(0, 5));
    }

    @Test
    void stochasticDescentGivesTheProbabilitiesOfTheExactSolution() {
        final List<SparseRow> rows = SparseRow.of(golden.vectors());
        final int[] all = IntStream.range(0, rows.size()).toArray();
        final SoftmaxClassifier fitted = SoftmaxClassifier.fit(rows, golden.labels(), all, 3, 6);
        final LogisticRegression.Fit exact = LogisticRegression.fit(golden.vectors(), golden.labels(), 3, 10);

        double apart = 0;
        for (int row = 0; row < rows.size(); row++) {
            final double[] expected = softmax(exact, golden.vectors().get(row));
            final float[] own = fitted.probabilities(rows.get(row));
            for (int k = 0; k < 3; k++) {
                apart = Math.max(apart, Math.abs(own[k] - expected[k]));
            }
        }
        assertThat(apart).isLessThan(0.02);
    }

    private static double[] softmax(LogisticRegression.Fit fit, float[] x) {
        final double[] p = new double[3];
        for (int k = 0; k < 3; k++) {
            double sum = fit.bias()[k];
            for (int i = 0; i < x.length; i++) {
                sum += fit.weight()[k * x.length + i] * x[i];
            }
            p[k] = Math.exp(sum);
        }
        final double total = Arrays.stream(p).sum();
        return Arrays.stream(p).map(each -> each / total).toArray();
    }

    private static Set<Integer> set(int[] values) {
        return Arrays.stream(values).boxed().collect(Collectors.toSet());
    }

    private static List<Integer> boxed(int[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    @Test
    void equalInputsAreInOneFold() {
        final int[] truths = IntStream.range(0, 60).map(row -> row % 3).toArray();
        final int[] groups =
                IntStream.range(0, 60).map(row -> row < 10 ? 0 : row).toArray();

        final int[] folds = OutOfFold.folds(truths, groups);

        assertThat(set(Arrays.copyOf(folds, 10))).hasSize(1);
        assertThat(set(folds)).hasSize(OutOfFold.FOLDS);
    }

    @Test
    void aClassWithoutRowsHasNoThresholdAndNoDoubts() {
        final float[][] p = {{0.9f, 0.1f, 0}, {0.2f, 0.8f, 0}, {0.95f, 0.05f, 0}};

        final ConfidentLearning found = ConfidentLearning.of(p, new int[] {0, 1, 1}, 3);

        assertThat(found.thresholds()[2]).isNaN();
        assertThat(found.doubts()).extracting(ConfidentLearning.Doubt::row).containsExactly(2);
    }
}
