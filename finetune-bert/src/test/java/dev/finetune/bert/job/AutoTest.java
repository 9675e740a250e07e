package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.search.Auto;
import dev.finetune.search.AutoResult;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Settings that suit the data are found in the time that is given, and the choice is explained. */
class AutoTest {
    @Test
    void fewRowsAreCrossValidatedAndTheChoiceBeatsTheSettingsAsTheyWere() {
        final Dataset<Text> data = Jobs.data(24, 1);
        try (AutoResult<Text> result = Auto.of(Jobs.classifier().lr(5e-5).freeze(0))
                .within(Duration.ofSeconds(20))
                .fit(data)) {
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
        try (AutoResult<Text> result = Auto.of(Jobs.classifier().lr(1e-4))
                .within(Duration.ofSeconds(8))
                .fit(Jobs.data(64, 4), validation)) {
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
        try (AutoResult<Text> result = Auto.of(Jobs.classifier().epochs(1))
                .within(Duration.ofMillis(1))
                .fit(Jobs.data(32, 5), Jobs.data(16, 6))) {
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
        assertThatThrownBy(() -> Auto.of(tuner).within(Duration.ofSeconds(1)).fit(stream, stream))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("stream");
    }
}
