package dev.finetune;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.data.Dataset;
import dev.finetune.data.Split;
import dev.finetune.data.Text;
import dev.finetune.letters.Letters;
import dev.finetune.report.CrossValidation;
import dev.finetune.report.LearningRateTest;
import dev.finetune.search.Auto;
import dev.finetune.search.AutoResult;
import dev.finetune.search.Search;
import dev.finetune.search.SearchResult;
import dev.finetune.search.Trial;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many trainings of one tuner, on a family of core's own tests. */
class FacadeTrialsTest {
    @TempDir
    private static Path shared;

    @TempDir
    private Path folder;

    private static Path base;

    @BeforeAll
    static void writeBase() {
        base = Letters.base(shared);
    }

    private static FineTuner tuner() {
        return Letters.tuner(base).epochs(1);
    }

    @Test
    void eachFoldIsWhatATunerMakesOfIt() {
        final Dataset<Text> data = Letters.data(30, 1);
        final CrossValidation result = tuner().crossValidate(data, 3);
        assertThat(result.folds()).hasSize(3);
        assertThat(result.mainMetric()).isEqualTo("accuracy");
        final Split<Text> second = data.folds(3, 42).get(1);
        try (FineTuned<Text> tuned = tuner().fit(second.train(), second.validation())) {
            assertThat(result.folds().get(1).get("loss"))
                    .isEqualTo(tuned.evaluation().get("loss"));
        }
    }

    @Test
    void autoNeverChoosesWorseThanTheSettingsAsTheyAreAndSaysWhy() {
        try (AutoResult<Text> result =
                Auto.of(tuner().lr(1e-4)).within(Duration.ofSeconds(1)).fit(Letters.data(64, 1), Letters.data(32, 2))) {
            assertThat(result.attempts().get(0).name()).isEqualTo("as set");
            assertThat(result.chosen().value())
                    .as(result.explanation())
                    .isGreaterThanOrEqualTo(result.attempts().get(0).value());
            assertThat(result.model().evaluation().get("accuracy"))
                    .isEqualTo(result.chosen().value());
            assertThat(result.explanation()).contains("64 rows", "Chosen: ");
        }
    }

    @Test
    void aSearchFindsTheRateThatLearnsAndItsFileAnswersASecondTime() {
        final Search search = Search.over(tuner())
                .choice("lr", List.of(1e-7, 0.03), FineTuner::lr)
                .integer("frozen", 0, 1, FineTuner::freeze)
                .trials(4)
                .metric("loss")
                .file(folder.resolve("search.jsonl"));
        final SearchResult result = search.run(Letters.data(64, 1), Letters.data(32, 2));
        assertThat(result.trials()).hasSize(4).allMatch(trial -> trial.state() == Trial.State.FINISHED);
        assertThat(result.bestTrial().settings()).containsEntry("lr", "0.03");
        assertThat(search.run(Letters.data(64, 1), Letters.data(32, 2)).trials())
                .isEqualTo(result.trials());
    }

    @Test
    void theRateThatIsSuggestedIsOneOfThoseThatWereTried() {
        final LearningRateTest test =
                tuner().findLearningRate(Letters.data(64, 1), new LearningRateTest.Range(1e-5, 1, 30));
        assertThat(test.points()).extracting(LearningRateTest.Point::rate).contains(test.suggestion());
    }
}
