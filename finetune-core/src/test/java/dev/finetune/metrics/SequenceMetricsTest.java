package dev.finetune.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.error.FinetuneException;
import java.util.List;
import org.junit.jupiter.api.Test;

class SequenceMetricsTest {
    @Test
    void aTextIsRightIfItEqualsAReferenceAndItsRateIsAShareOfTexts() {
        final SequenceMetrics metrics = new SequenceMetrics();
        metrics.add("yes", List.of("no", "yes"));
        metrics.add("yes ", List.of("yes"));
        assertThat(metrics.result().get("exact_match")).isEqualTo(0.5);
        assertThat(metrics.result().interval("exact_match")).isPresent();
        assertThat(metrics.result().names())
                .containsExactly("exact_match", "rouge1", "rouge2", "rougeL", "bleu", "wer", "cer");
    }

    @Test
    void smallerErrorRatesAreBetter() {
        final ErrorRateMetrics errors = new ErrorRateMetrics();
        errors.add("a", "a b");
        assertThat(errors.result().order("wer").higherIsBetter()).isFalse();
        assertThat(errors.result().get("wer")).isEqualTo(0.5);
        assertThat(errors.result().get("cer")).isEqualTo(2 / 3.0);
    }

    @Test
    void ofSeveralReferencesTheBestCountsForRougeAndAllOfThemForBleu() {
        final RougeMetrics rouge = new RougeMetrics();
        rouge.add("a b", List.of("c d", "b a"));
        assertThat(rouge.result().get("rouge1")).isEqualTo(1);
        assertThat(rouge.result().get("rougeL")).isEqualTo(0.5);
        final BleuMetrics bleu = new BleuMetrics(Bleu.usual());
        bleu.add("a b c d", List.of("a b x x x x x", "y y c d"));
        assertThat(bleu.result().get("bleu_precision_1")).isEqualTo(100);
        assertThat(bleu.result().get("bleu_precision_2")).isCloseTo(200 / 3.0, within(1e-9));
        assertThat(bleu.result().get("brevity_penalty")).isEqualTo(1);
    }

    @Test
    void textsWithoutAReferenceOrSmoothingWithANegativeNumberAreRefused() {
        assertThatThrownBy(() -> new SequenceMetrics().add("a", List.of()))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("references");
        assertThatThrownBy(() -> new RougeMetrics().add("a", List.of()))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("references");
        assertThatThrownBy(() -> Bleu.usual().smoothing(Bleu.Smoothing.FLOOR, -1))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("-1.0");
    }

    @Test
    void ofNothingTheyAreNoNumbers() {
        assertThat(new SequenceMetrics().result().get("exact_match")).isNaN();
        assertThat(new SequenceMetrics().result().get("wer")).isNaN();
    }
}
