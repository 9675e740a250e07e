package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.error.OutOfMemoryException;
import dev.finetune.nn.Adapter;
import dev.finetune.peft.AdaptableLayer;
import dev.finetune.peft.Lora;
import dev.finetune.peft.PeftMethod;
import dev.finetune.peft.TargetLayers;
import dev.finetune.search.Halving;
import dev.finetune.search.Sampler;
import dev.finetune.search.Search;
import dev.finetune.search.SearchResult;
import dev.finetune.search.Trial;
import dev.finetune.train.Cancellation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Settings are searched, and a killed search goes on where it was. */
class SearchTest {
    private static final Dataset<Text> TRAIN = Jobs.data(32, 1);
    private static final Dataset<Text> VALIDATION = Jobs.data(24, 2);

    @TempDir
    private Path folder;

    private static Search search() {
        return Search.over(Jobs.classifier().epochs(1))
                .logUniform("lr", 1e-6, 1e-2, FineTuner::lr)
                .choice("batch", List.of(4, 8), FineTuner::batchSize)
                .integer("frozen", 0, 2, FineTuner::freeze)
                .metric("loss");
    }

    private static List<Double> values(SearchResult result) {
        return result.trials().stream().map(Trial::value).toList();
    }

    @Test
    void aKilledSearchGoesOnToTheSameEnd() throws IOException {
        final Search search = search().sampler(new Sampler.Tpe(3, 0.25, 12));
        final SearchResult whole = search.trials(6).run(TRAIN, VALIDATION);
        assertThat(whole.trials()).hasSize(6);

        final Path file = folder.resolve("search.jsonl");
        final Cancellation kill = new Cancellation();
        final List<Integer> trained = new ArrayList<>();
        final SearchResult part = search.trials(6)
                .file(file)
                .cancellation(kill)
                .onTrial(trial -> {
                    trained.add(trial.number());
                    if (trial.number() == 3) {
                        kill.cancel();
                    }
                })
                .run(TRAIN, VALIDATION);
        assertThat(part.trials()).hasSize(4);
        final String text = Files.readString(file);
        Files.writeString(file, text.substring(0, text.length() - 10)); // The kill came while the fourth was written.
        final SearchResult resumed = search.trials(6)
                .file(file)
                .onTrial(trial -> trained.add(trial.number()))
                .run(TRAIN, VALIDATION);
        assertThat(trained).containsExactly(0, 1, 2, 3, 3, 4, 5);
        assertThat(values(resumed)).isEqualTo(values(whole));
        assertThat(search.trials(6).file(file).run(TRAIN, VALIDATION).bestTrial())
                .isEqualTo(resumed.bestTrial());
        assertThat(Files.readAllLines(file)).hasSize(7);
        assertThatThrownBy(() -> search.seed(1).file(file).run(TRAIN, VALIDATION))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("another search");

        assertThat(whole.bestTrial().value())
                .isEqualTo(values(whole).stream().min(Double::compare).orElseThrow());
        try (FineTuned<Text> tuned = whole.best().fit(TRAIN, VALIDATION)) {
            assertThat(tuned.evaluation().get("loss"))
                    .isEqualTo(whole.bestTrial().value());
        }
        assertThat(whole.toString()).contains("trial", "frozen", "finished");
        whole.writeCsv(folder.resolve("trials.csv"));
        assertThat(Files.readAllLines(folder.resolve("trials.csv")))
                .hasSize(7)
                .first()
                .asString()
                .startsWith("trial,state,lr,batch,frozen,loss,accuracy");
        whole.writePlot(folder.resolve("trials.png"));
        assertThat(folder.resolve("trials.png")).isNotEmptyFile();
    }

    @Test
    void badTrialsAreStoppedEarlyAndDivergedOnesAreLast() {
        final SearchResult result = Search.over(Jobs.classifier().epochs(3))
                .choice("lr", List.of(1e-7, 2e-3), FineTuner::lr)
                .sampler(Sampler.random())
                .halving(new Halving(1, 2))
                .trials(6)
                .metric("loss")
                .run(TRAIN, VALIDATION);
        assertThat(result.trials()).anyMatch(trial -> trial.state() == Trial.State.STOPPED);
        assertThat(result.bestTrial().settings()).containsEntry("lr", "0.002");
        final SearchResult wild = Search.over(Jobs.classifier().epochs(1).optimization(o -> o.maxGradientNorm(0)))
                .choice("lr", List.of(1e-3, 1e30), FineTuner::lr)
                .sampler(Sampler.halton())
                .trials(4)
                .run(TRAIN, VALIDATION);
        assertThat(wild.metric()).isEqualTo("accuracy");
        assertThat(wild.ranked().get(3).state()).isEqualTo(Trial.State.DIVERGED);
        assertThat(wild.bestTrial().settings()).containsEntry("lr", "0.001");
    }

    /** LoRA for which there is no memory. */
    private record TooLarge(Lora lora) implements PeftMethod {
        @Override
        public TargetLayers targets() {
            return lora.targets();
        }

        @Override
        public Adapter adapter(AdaptableLayer layer) {
            throw new OutOfMemoryException("Memory ran out in step 1.", new OutOfMemoryError());
        }

        @Override
        public String prefix() {
            return lora.prefix();
        }

        @Override
        public List<String> alsoTrained() {
            return lora.alsoTrained();
        }

        @Override
        public PeftMethod training(Collection<String> more) {
            return this;
        }
    }

    private static FineTuner failing(FineTuner tuner, boolean fails) {
        return fails ? tuner.adapt(new TooLarge(Lora.rank(2).targets("query"))) : tuner;
    }

    @Test
    void aTrialForWhichMemoryDoesNotSufficeFailsWithItsReasonAndTheSearchGoesOn() throws IOException {
        final Search search = Search.over(Jobs.classifier().epochs(1))
                .choice("large", List.of(true, false), SearchTest::failing)
                .sampler(Sampler.halton())
                .trials(4)
                .file(folder.resolve("search.jsonl"));
        final SearchResult result = search.run(TRAIN, VALIDATION);
        assertThat(result.trials()).hasSize(4);
        assertThat(result.bestTrial().settings()).containsEntry("large", "false");
        assertThat(result.ranked().get(3).state()).isEqualTo(Trial.State.FAILED);
        assertThat(result.ranked().get(3).reason()).isEqualTo("Memory ran out in step 1.");
        assertThat(result.trials())
                .noneMatch(trial ->
                        trial.state() == Trial.State.FINISHED && !trial.reason().isEmpty());
        assertThat(search.run(TRAIN, VALIDATION).trials()).isEqualTo(result.trials());
        result.writeCsv(folder.resolve("failed.csv"));
        assertThat(Files.readString(folder.resolve("failed.csv"))).contains("FAILED", "Memory ran out in step 1.");
    }

    @Test
    void aSearchOfWhichEachTrialFailsIsAnErrorWithTheFirstReason() {
        final Search search = Search.over(Jobs.classifier().epochs(1))
                .choice("batch", List.of(4, 8), (tuner, rows) -> failing(tuner, true))
                .trials(2)
                .file(folder.resolve("search.jsonl"));
        for (int time = 0; time < 2; time++) {
            assertThatThrownBy(() -> search.run(TRAIN, VALIDATION))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("All 2 trials failed, trial 0 because: Memory ran out in step 1.")
                    .hasMessageContaining("search.jsonl");
        }
    }

    @Test
    void trialsAtOnceComeToTheSameAsOneByOne() {
        final Search search = search().sampler(Sampler.halton()).trials(4);
        assertThat(values(search.parallel(2).run(TRAIN, VALIDATION))).isEqualTo(values(search.run(TRAIN, VALIDATION)));
    }

    @Test
    void aTrialWhoseTimeIsUpBeforeItsFirstEvaluationIsEvaluatedAsItIsAndTheSearchGoesOn() {
        final SearchResult result = Search.over(Jobs.classifier().epochs(1).evaluation(e -> e.everySteps(500)))
                .choice("time", List.of(Duration.ofNanos(1), Duration.ofHours(1)), FineTuner::maxTime)
                .sampler(Sampler.halton())
                .trials(4)
                .run(TRAIN, VALIDATION);
        assertThat(result.trials())
                .hasSize(4)
                .allSatisfy(trial -> assertThat(trial.metrics()).containsKey("accuracy"));
    }

    @Test
    void aSearchThatComparesOrHoldsBackOtherwiseDoesNotGoOnFromTheFile() {
        final Path file = folder.resolve("search.jsonl");
        final FineTuner tuner = Jobs.classifier().epochs(1).keepBest("loss");
        final Function<FineTuner, Search> over = changed -> Search.over(changed)
                .logUniform("lr", 1e-5, 1e-3, FineTuner::lr)
                .trials(1)
                .file(file);
        over.apply(tuner).run(TRAIN);
        for (FineTuner other : List.of(
                tuner.keepBest("f1_macro"),
                tuner.evaluation(e -> e.validationFraction(0.3)),
                tuner.evaluation(e -> e.batchSize(8)))) {
            assertThatThrownBy(() -> over.apply(other).run(TRAIN))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("another search");
        }
        assertThat(tuner.describe())
                .contains("keep: the best weights by loss", "validation fraction: 0.1", "in batches of 32");
        assertThat(over.apply(tuner).run(TRAIN).trials()).hasSize(1);
    }

    @Test
    void aSearchOfOtherRowsOfTheSameNameOrOfAnotherModelDoesNotGoOnFromTheFile() {
        final Path file = folder.resolve("search.jsonl");
        final Search search = Search.over(Jobs.classifier().epochs(1))
                .logUniform("lr", 1e-4, 1e-2, FineTuner::lr)
                .trials(1)
                .file(file);
        search.run(Jobs.data(40, 1), Jobs.data(12, 2));
        assertThatThrownBy(() -> search.trials(2).run(Jobs.data(40, 3), Jobs.data(12, 2)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("search.jsonl", "\"train\" was 40 rows with the checksum");
        assertThatThrownBy(() -> search.trials(2).run(Jobs.data(40, 1), Jobs.data(12, 4)))
                .hasMessageContaining("\"validation\" was 12 rows with the checksum");
        assertThatThrownBy(() -> Search.over(Jobs.classifier().epochs(1).seed(5))
                        .logUniform("lr", 1e-4, 1e-2, FineTuner::lr)
                        .file(file)
                        .run(Jobs.data(40, 1), Jobs.data(12, 2)))
                .hasMessageContainingAll("\"model\" was ", "tensors with the checksum", "\"tuner: seed\" was 42")
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(600));
        assertThat(search.run(Jobs.data(40, 1), Jobs.data(12, 2)).trials()).hasSize(1);
    }

    @Test
    void aMistakeInASettingEndsTheSearch() {
        assertThatThrownBy(() -> Search.over(Jobs.classifier())
                        .integer("batch", -2, -1, FineTuner::batchSize)
                        .run(TRAIN, VALIDATION))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("batchSize must be above 0");
        assertThatThrownBy(() -> Search.over(Jobs.classifier()).run(TRAIN))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("nothing to search");
    }
}
