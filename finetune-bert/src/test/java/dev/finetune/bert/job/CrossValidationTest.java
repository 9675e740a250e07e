package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Split;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Heads;
import dev.finetune.report.CrossValidation;
import dev.finetune.report.LearningRateTest;
import dev.finetune.search.Search;
import dev.finetune.train.Cancellation;
import dev.finetune.train.Checkpoints;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How good settings are, fold by fold, and which learning rate suits them. */
class CrossValidationTest {
    @TempDir
    private Path folder;

    @Test
    void whatIsToGoOnFromElsewhereThanItWritesIsRefusedAndTheSamePlaceIsTakenForBoth() {
        final FineTuner tuner = Jobs.classifier().epochs(1).checkpoints(Checkpoints.in(folder.resolve("here")));
        final Dataset<Text> data = Jobs.data(30, 1);
        final CrossValidation first = tuner.crossValidate(data, 3);
        assertThatThrownBy(() -> tuner.resumeFrom(folder.resolve("there")).crossValidate(data, 3))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("resumeFrom(")
                .hasMessageContaining("there")
                .hasMessageContaining("another directory than checkpoints(");
        assertThatThrownBy(() -> Search.over(tuner.resumeFrom(folder.resolve("there")))
                        .logUniform("lr", 1e-4, 1e-3, FineTuner::lr)
                        .trials(1)
                        .run(data))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("another directory than checkpoints(");
        assertThat(tuner.resumeFrom(folder.resolve("here"))
                        .crossValidate(data, 3)
                        .values("loss"))
                .isEqualTo(first.values("loss"));
    }

    @Test
    void eachFoldIsWhatATunerMakesOfItAndTheSameEveryTime() throws IOException {
        final FineTuner tuner = Jobs.classifier().epochs(1);
        final Dataset<Text> data = Jobs.data(45, 1);
        final CrossValidation first = tuner.crossValidate(data, 3);
        assertThat(first.mainMetric()).isEqualTo("accuracy");
        assertThat(first.folds()).hasSize(3);
        final Split<Text> second = data.folds(3, 42).get(1);
        try (FineTuned<Text> tuned = tuner.fit(second.train(), second.validation())) {
            assertThat(first.folds().get(1).get("loss"))
                    .isEqualTo(tuned.evaluation().get("loss"));
        }
        final double[] losses = first.values("loss");
        final double mean = (losses[0] + losses[1] + losses[2]) / 3;
        assertThat(first.mean("loss")).isCloseTo(mean, within(1e-12));
        assertThat(Math.pow(first.standardDeviation("loss"), 2) * 2)
                .isCloseTo(
                        Math.pow(losses[0] - mean, 2) + Math.pow(losses[1] - mean, 2) + Math.pow(losses[2] - mean, 2),
                        within(1e-12));
        assertThat(first.toString()).contains("3 folds", "accuracy", "fold 3", "s.d.");
        first.writeCsv(folder.resolve("folds.csv"));
        assertThat(Files.readAllLines(folder.resolve("folds.csv")).get(0))
                .isEqualTo("metric,mean,standard deviation,fold 1,fold 2,fold 3");
    }

    @Test
    void aClassThatOnlyOneFoldHoldsIsKnownToAll() {
        final List<Example<Text>> examples = new ArrayList<>(Jobs.reviews(20, 2));
        examples.add(new Example<>(Text.of("the price"), Label.of("mixed")));
        final CrossValidation result =
                Jobs.classifier().head(3).epochs(1).crossValidate(Dataset.of(Text.class, examples), 2);
        assertThat(result.folds().get(0).perClass()).hasSize(3);
        assertThat(result.folds().get(1).perClass()).hasSize(3);
    }

    @Test
    void aLabelThatOnlyThePartThatIsHeldBackHasIsKnown() {
        final List<Example<Text>> examples = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            examples.add(new Example<>(Text.of("the price of " + i), new Label.Categories(Set.of("only" + i))));
        }
        try (FineTuned<Text> tuned =
                Jobs.classifier().head(Heads.multiLabel()).epochs(1).fit(Dataset.of(Text.class, examples))) {
            assertThat(tuned.labels()).hasSize(20);
        }
    }

    @Test
    void cancellingIsSaid() {
        final Cancellation cancellation = new Cancellation();
        assertThatThrownBy(() -> Jobs.classifier()
                        .cancellation(cancellation)
                        .listener(new TrainingListener() {
                            @Override
                            public void stepped(StepReport report) {
                                cancellation.cancel();
                            }
                        })
                        .crossValidate(Jobs.data(20, 1), 2))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("cancelled after 0 of 2 folds");
    }

    @Test
    void theSuggestedLearningRateTrainsAndTheTestIsTheSameEveryTime() {
        final FineTuner tuner = Jobs.classifier();
        final LearningRateTest.Range range = new LearningRateTest.Range(1e-6, 1, 60);
        final LearningRateTest test = tuner.findLearningRate(Jobs.data(80, 1), range);
        assertThat(test.points().get(0).rate()).isEqualTo(1e-6);
        assertThat(test.points().get(20).rate()).isCloseTo(1e-6 * Math.pow(1e6, 20 / 59.0), within(1e-12));
        assertThat(test.suggestion()).isBetween(1e-5, 0.3);
        assertThat(test.minimumOverTen()).isBetween(1e-6, 0.1);
        assertThat(tuner.findLearningRate(Jobs.data(80, 1), range)).isEqualTo(test);
    }
}
