package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.bert.augment.TextAugmentation;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Heads;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Changed texts are learned from, the same ones for the same seed. */
class TextAugmentationJobTest {
    private static FineTuner augmented() {
        return Jobs.classifier()
                .epochs(2)
                .augment(TextAugmentation.wordDropout(0.1), TextAugmentation.randomSwaps(0.1));
    }

    @Test
    void equalSeedsGiveEqualLossesAndOthersThanWithoutChanges() {
        final List<Double> first = losses(augmented());
        assertThat(losses(augmented())).isEqualTo(first);
        assertThat(losses(Jobs.classifier().epochs(2))).isNotEqualTo(first);
        assertThat(augmented().describe()).contains("augmentations: [wordDropout(0.1), randomSwaps(0.1)]");
    }

    private static List<Double> losses(FineTuner tuner) {
        try (FineTuned<Text> tuned = tuner.fit(Jobs.data(40, 1), Jobs.data(10, 2))) {
            return Jobs.losses(tuned);
        }
    }

    @Test
    void headsThatWordsCannotBeChangedForRefuseIt() {
        assertThatThrownBy(() -> augmented().head(Heads.maskedLm()).fitAll(Jobs.unlabelled(8, 1)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("wordDropout(0.1)", "masked");
        assertThatThrownBy(() -> augmented().head(Heads.tokens()).fitAll(Jobs.sentences(8, 1)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("Text");
    }
}
