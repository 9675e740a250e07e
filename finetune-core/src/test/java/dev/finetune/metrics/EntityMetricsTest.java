package dev.finetune.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class EntityMetricsTest {
    @Test
    void anEntityCountsOnlyIfTypeAndBothEndsAreRight() {
        final EntityMetrics metrics = new EntityMetrics();
        metrics.add(
                List.of("O", "O", "O", "B-MISC", "I-MISC", "I-MISC", "O"),
                List.of("O", "O", "B-MISC", "I-MISC", "I-MISC", "I-MISC", "O"));
        metrics.add(List.of("B-PER", "I-PER", "O"), List.of("B-PER", "I-PER", "O"));
        final Metrics result = metrics.result();
        assertThat(result.get("precision")).isEqualTo(0.5);
        assertThat(result.get("recall")).isEqualTo(0.5);
        assertThat(result.get("f1")).isEqualTo(0.5);
        assertThat(result.get("accuracy")).isCloseTo(0.8, within(1e-12));
        assertThat(result.get("f1_macro")).isEqualTo(0.5);
    }

    @Test
    void anInsideTagWithoutABeginningBeginsAnEntity() {
        assertThat(EntityMetrics.entities(List.of("I-LOC", "I-LOC", "O", "I-PER")))
                .containsExactly(new EntityMetrics.Entity("LOC", 0, 1), new EntityMetrics.Entity("PER", 3, 3));
    }

    @Test
    void neighboursOfOneTypeAreToldApartByTheirBeginnings() {
        assertThat(EntityMetrics.entities(List.of("B-LOC", "B-LOC", "I-LOC", "I-PER")))
                .containsExactly(
                        new EntityMetrics.Entity("LOC", 0, 0),
                        new EntityMetrics.Entity("LOC", 1, 2),
                        new EntityMetrics.Entity("PER", 3, 3));
    }

    @Test
    void typesMayHoldDashesAndIobesEndsEntities() {
        assertThat(EntityMetrics.entities(
                        List.of("S-creative-work", "B-creative-work", "E-creative-work", "I-creative-work")))
                .containsExactly(
                        new EntityMetrics.Entity("creative-work", 0, 0),
                        new EntityMetrics.Entity("creative-work", 1, 2),
                        new EntityMetrics.Entity("creative-work", 3, 3));
    }

    @Test
    void sentencesWithoutEntitiesScoreZeroAndNotNaN() {
        final EntityMetrics metrics = new EntityMetrics();
        metrics.add(List.of("O"), List.of("O"));
        assertThat(metrics.result().get("f1")).isZero();
    }

    private static Metrics scored(String... sentences) {
        final EntityMetrics metrics = new EntityMetrics();
        for (String sentence : sentences) {
            final String[] parts = sentence.split(" \\| ");
            metrics.add(List.of(parts[0].split(" ")), List.of(parts[1].split(" ")));
        }
        return metrics.result();
    }

    /** The values are those of an independent reading, in Python, of the rule that seqeval 1.2.2 documents. */
    @Test
    void partsOfSpeechAreScoredWordByWordAsClasses() {
        final Metrics wrong = scored("NOUN VERB NOUN | VERB NOUN NUM", "DET NOUN | NOUN DET");
        assertThat(wrong.get("f1")).isZero();
        assertThat(wrong.get("accuracy")).isZero();

        final Metrics most = scored("DET NOUN VERB DET NOUN | DET NOUN VERB DET ADJ", "PRON VERB ADV | PRON VERB ADV");
        assertThat(most.get("f1")).isEqualTo(0.875);
        assertThat(most.get("accuracy")).isEqualTo(0.875);
        assertThat(most.perClass())
                .extracting(Metrics.PerClass::name)
                .containsExactly("ADJ", "ADV", "DET", "NOUN", "PRON", "VERB");
    }

    /** scikit-learn 1.9's f1_score over the six words, average="macro" and "weighted". */
    @Test
    void neighboursOfOnePartOfSpeechAreEachAWord() {
        final Metrics metrics = scored("NN NN NN-SBJ PRP$ -LRB- B | NN JJ NN-SBJ PRP$ -LRB- B");
        assertThat(metrics.get("f1")).isCloseTo(5 / 6.0, within(1e-12));
        assertThat(metrics.get("f1_macro")).isCloseTo((2 / 3.0 + 4) / 6, within(1e-12));
        assertThat(metrics.get("f1_weighted")).isCloseTo((2 * 2 / 3.0 + 4) / 6, within(1e-12));
        assertThat(metrics.perClass().get(0).name()).isEqualTo("-LRB-");
    }

    /** By the independent reading, as above. */
    @Test
    void mixedPrefixesAreReadAsSeqevalReadsThem() {
        final Metrics metrics = scored(
                "S-LOC I-LOC S-PER E-PER I-PER B-PER I-PER O | S-LOC I-LOC I-LOC E-PER O B-PER I-PER O",
                "O O E-PER I-a-b S-LOC I-a-b I-LOC E-PER | O S-PER E-PER I-a-b S-LOC I-a-b I-LOC E-PER",
                "B-PER I-PER B-LOC B-LOC I-LOC O B-PER I-LOC | B-PER I-PER B-LOC B-LOC I-LOC O I-a-b I-PER",
                "S-LOC I-a-b I-a-b O I-LOC I-a-b E-LOC B-LOC | S-LOC I-a-b I-a-b O I-LOC I-LOC E-LOC B-LOC",
                "E-LOC O E-LOC E-PER I-a-b O E-PER E-LOC | E-LOC O E-LOC E-PER I-a-b O E-PER I-PER");
        assertThat(metrics.get("precision")).isCloseTo(0.7692307692307693, within(1e-12));
        assertThat(metrics.get("recall")).isCloseTo(0.6896551724137931, within(1e-12));
        assertThat(metrics.get("f1")).isCloseTo(0.7272727272727274, within(1e-12));
        assertThat(metrics.get("f1_macro")).isCloseTo(0.7400000000000001, within(1e-12));
    }

    @Test
    void bilouAndBmesSayWhatIobesSays() {
        assertThat(EntityMetrics.entities(List.of("U-PER", "U-PER", "B-PER", "L-PER", "I-PER")))
                .isEqualTo(EntityMetrics.entities(List.of("S-PER", "S-PER", "B-PER", "E-PER", "I-PER")))
                .hasSize(4);
        assertThat(EntityMetrics.entities(List.of("B", "M", "E", "S", "O", "B_X", "I_X")))
                .containsExactly(
                        new EntityMetrics.Entity("_", 0, 2),
                        new EntityMetrics.Entity("_", 3, 3),
                        new EntityMetrics.Entity("X", 5, 6));
    }

    @Test
    void typesWithoutPrefixBesideOutsideAreEntitiesOfTheirOwn() {
        final Metrics metrics = scored("PER PER O LOC | PER PER O PER");
        assertThat(metrics.get("f1")).isEqualTo(0.5);
        assertThat(metrics.perClass()).extracting(Metrics.PerClass::name).containsExactly("LOC", "PER");
    }

    @Test
    void theTagsOfTheModelAndNotOfTheDataSayWhatIsScored() {
        final EntityMetrics metrics = new EntityMetrics(List.of("O", "PER"));
        metrics.add(List.of("PER", "PER"), List.of("PER", "PER"));
        assertThat(metrics.result().perClass()).containsExactly(new Metrics.PerClass("PER", 1, 1, 1, 1));
    }
}
