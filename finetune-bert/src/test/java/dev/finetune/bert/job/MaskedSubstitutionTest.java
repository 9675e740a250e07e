package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FineTuner;
import dev.finetune.bert.augment.MaskedSubstitution;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The encoder itself says what else could stand in a text. */
class MaskedSubstitutionTest {
    @Test
    void aShareOfWordsIsReplacedAndLabelsStay() {
        final Dataset<Text> data = Jobs.data(20, 1);
        try (MaskedSubstitution substitution = MaskedSubstitution.by(
                FineTuner.from(Jobs.model("bert-masked-lm")).maxLength(32), 0.2)) {
            final Dataset<Text> more = substitution.extend(data, 2, 7);
            assertThat(more.asList()).hasSize(60);
            assertThat(more.asList().subList(0, 20)).isEqualTo(data.asList());
            int changed = 0;
            for (int i = 20; i < 60; i++) {
                final Example<Text> old = data.asList().get(i % 20);
                final Example<Text> now = more.asList().get(i);
                assertThat(now.label()).isEqualTo(old.label());
                final String[] before = old.input().text().split(" ");
                final String[] after = now.input().text().split(" ");
                assertThat(after).hasSameSizeAs(before).doesNotContain("[MASK]");
                int differ = 0;
                for (int w = 0; w < before.length; w++) {
                    differ += before[w].equals(after[w]) ? 0 : 1;
                }
                assertThat(differ).isLessThanOrEqualTo(Math.max(1, (int) (0.2 * before.length)));
                changed += differ;
            }
            assertThat(changed).isGreaterThan(20);
            assertThat(substitution.extend(data, 2, 7).asList()).isEqualTo(more.asList());
            final Dataset<Text> odd = Dataset.of(
                    Text.class,
                    List.of(
                            new Example<>(Text.of("a [MASK] sound"), Label.of("x")),
                            new Example<>(Text.of("12 !"), Label.of("y"))));
            assertThatThrownBy(() -> substitution.extend(data, -1, 7))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("-1");
            assertThat(substitution.extend(odd, 1, 1).asList().subList(2, 4)).isEqualTo(odd.asList());
        }
    }

    @Test
    void aCheckpointWithoutAMaskedHeadAndSharesOutOfRangeAreRefused() {
        final FineTuner without = FineTuner.from(Jobs.model("bert-sequence-classification"));
        assertThatThrownBy(() -> MaskedSubstitution.by(without, 0.1))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("no masked-LM head");
        assertThatThrownBy(() -> MaskedSubstitution.by(without, 1)).hasMessageContaining("between 0 and 1");
    }
}
