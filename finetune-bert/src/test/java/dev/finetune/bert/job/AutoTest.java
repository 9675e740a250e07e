package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FineTuner;
import dev.finetune.FinetuneException;
import dev.finetune.Head;
import dev.finetune.Heads;
import dev.finetune.data.Dataset;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.search.AutoResult;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Settings that suit the data are found in the time that is given, and the choice is explained. */
class AutoTest {
    @Test
    void fewRowsAreCrossValidatedAndTheChoiceBeatsTheSettingsAsTheyWere() {
        final Dataset<Text> data = Jobs.data(24, 1);
        try (AutoResult<Text> result = Jobs.classifier().lr(5e-5).freeze(0).auto(data, Duration.ofSeconds(20))) {
            assertThat(result.metric()).isEqualTo("accuracy");
            assertThat(result.attempts().get(0).name()).isEqualTo("as set");
            assertThat(result.chosen().value())
                    .as(result.explanation())
                    .isGreaterThan(result.attempts().get(0).value());
            assertThat(result.model().evaluate(Jobs.data(100, 2)).get("accuracy"))
                    .isGreaterThan(0.7);
            assertThat(result.explanation()).contains("24 rows", "4 folds", "Chosen: ", "(chosen)", "as set");
            assertThat(result.tuner().describe()).contains("learning rate: ");
        }
    }

    @Test
    void validationDataDecidesWhereItIsGivenAndTheModelTriedIsTheOneKept() {
        final Dataset<Text> validation = Jobs.data(30, 3);
        try (AutoResult<Text> result =
                Jobs.classifier().lr(1e-4).auto(Jobs.data(64, 4), validation, Duration.ofSeconds(8))) {
            assertThat(result.model().evaluation().get("accuracy"))
                    .isEqualTo(result.chosen().value());
            final double first = result.attempts().get(0).value();
            assertThat(result.chosen().value())
                    .as(result.explanation())
                    .satisfiesAnyOf(
                            value -> assertThat(value).isEqualTo(first),
                            value -> assertThat(value)
                                    .isEqualTo(result.attempts().stream()
                                            .mapToDouble(AutoResult.Attempt::value)
                                            .max()
                                            .orElseThrow()));
        }
    }

    @Test
    void withoutTimeForMoreTheSettingsAreKeptAsTheyAre() {
        try (AutoResult<Text> result =
                Jobs.classifier().epochs(1).auto(Jobs.data(32, 5), Jobs.data(16, 6), Duration.ofMillis(1))) {
            assertThat(result.attempts()).hasSize(1);
            assertThat(result.explanation()).contains("Chosen: the settings as they are");
        }
    }

    @Test
    void headsFollowFromLabelsAndStreamsAreRefused() {
        assertThat(Heads.forLabels(Jobs.data(4, 1))).isEqualTo(Heads.classes(2));
        assertThat(Heads.forLabels(Jobs.sentences(2, 1))).isInstanceOf(Head.Tokens.class);
        assertThat(Heads.forLabels(Jobs.data(4, 1).map(e -> new dev.finetune.data.Example<>(e.input(), Label.of(1.5)))))
                .isEqualTo(Heads.regression());
        assertThatThrownBy(() -> Heads.forLabels(Dataset.of(Text.class, java.util.List.of())))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("no examples");
        final Dataset<Text> stream = Dataset.streamed(Text.class, () -> Jobs.reviews(10, 1).stream());
        final FineTuner tuner = Jobs.classifier();
        assertThatThrownBy(() -> tuner.auto(stream, stream, Duration.ofSeconds(1)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("stream");
    }
}
