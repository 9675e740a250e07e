package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.fewshot.FewShot;
import dev.finetune.head.Heads;
import dev.finetune.internal.saving.DirectorySave;
import dev.finetune.peft.Lora;
import dev.finetune.report.CrossValidation;
import dev.finetune.search.Auto;
import dev.finetune.search.Halving;
import dev.finetune.search.Search;
import dev.finetune.search.SearchResult;
import dev.finetune.train.Cancellation;
import dev.finetune.train.Checkpoints;
import dev.finetune.train.DeviceChoice;
import dev.finetune.train.Devices;
import dev.finetune.train.OptimizerSettings;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import dev.finetune.train.WeightAverage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Jobs that were stopped in the middle and gone on with come to the same model as those that weren't. */
class ResumedJobTest {
    @TempDir
    private Path folder;

    /** A job: its tuner, and what is fitted. */
    private record Job(String name, FineTuner tuner, Function<FineTuner, FineTuned<?>> fit) {
        static Job of(String name, FineTuner tuner) {
            return new Job(name, tuner, changed -> changed.fit(Jobs.data(40, 1), Jobs.data(12, 2)));
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Job> jobs() {
        final FineTuner three = Jobs.classifier().epochs(3);
        return Stream.of(
                Job.of("plain", three.regularization(r -> r.dropout(0.1))),
                Job.of("LoRA", three.lora(Lora.rank(4))),
                Job.of("frozen", three.freeze(2).keepBest()),
                Job.of(
                        "frozen and unfrozen, averaged",
                        three.freeze(1)
                                .preservation(p -> p.gradualUnfreezing(0.5))
                                .regularization(r -> r.average(WeightAverage.ema(0.9)))),
                Job.of("SGD with momentum", three.optimizer(OptimizerSettings.sgd(0.9))),
                Job.of("balanced sampling, frozen", three.freeze(2).batching(b -> b.balancedSampling(true))),
                new Job("held back", three, changed -> changed.fit(Jobs.data(40, 1))),
                new Job(
                        "few-shot",
                        Jobs.classifier(),
                        changed -> changed.fitFewShot(Jobs.data(16, 1), FewShot.usual())),
                new Job(
                        "masked words",
                        FineTuner.from(Jobs.model("bert-masked-lm"))
                                .head(Heads.maskedLm())
                                .maxLength(32)
                                .epochs(3),
                        changed -> changed.fit(Jobs.unlabelled(40, 1), Jobs.unlabelled(12, 2))),
                new Job(
                        "a stream",
                        Jobs.classifier().maxSteps(12),
                        changed -> changed.fitAll(Dataset.streamed(Text.class, () -> Jobs.reviews(40, 1).stream()))));
    }

    private static TrainingListener atStep(int step, Runnable action) {
        final AtomicInteger steps = new AtomicInteger();
        return new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                if (steps.incrementAndGet() == step) {
                    action.run();
                }
            }
        };
    }

    private static void stop(Job job, FineTuner tuner, int step) {
        final Cancellation cancellation = new Cancellation();
        job.fit()
                .apply(tuner.cancellation(cancellation).listener(atStep(step, cancellation::cancel)))
                .close();
    }

    @ParameterizedTest
    @MethodSource("jobs")
    void aStoppedJobComesToTheSameModel(Job job) {
        final FineTuner tuner =
                job.tuner().checkpoints(Checkpoints.in(folder).everySteps(3).resume());
        stop(job, tuner, 4);
        stop(job, tuner, 3); // 7 in all
        try (FineTuned<?> expected = job.fit().apply(job.tuner());
                FineTuned<?> resumed = job.fit().apply(tuner)) {
            assertThat(Jobs.history(resumed).steps())
                    .isEqualTo(Jobs.history(expected).steps());
            final Map<String, float[]> weights = Jobs.weights(expected);
            Jobs.weights(resumed)
                    .forEach((name, values) -> assertThat(values).as(name).isEqualTo(weights.get(name)));
            assertThat(Jobs.history(resumed).end()).isEqualTo(TrainingHistory.End.FINISHED);
            assertThat(evaluations(resumed)).isEqualTo(evaluations(expected));
        }
    }

    private static List<String> evaluations(FineTuned<?> tuned) {
        return Jobs.history(tuned).epochs().stream()
                .map(report -> report.step() + " " + report.trainingLoss() + " "
                        + report.validation().map(metrics -> metrics.toJson().toString()))
                .toList();
    }

    @Test
    void whatChangedIsNamed() {
        final FineTuner tuner = Jobs.classifier().epochs(2);
        stop(Job.of("begun", tuner), tuner.checkpoints(Checkpoints.in(folder)), 3);
        final Dataset<Text> data = Jobs.data(40, 1);
        final Dataset<Text> held = Jobs.data(12, 2);
        final FineTuner resumed = tuner.resumeFrom(folder);
        assertThatThrownBy(() -> resumed.lr(1e-3).batchSize(4).fit(data, held))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(
                        "\"batch size\" was 8, and is 4 now", "\"learning rate\" was 0.002, and is 0.001 now");
        assertThatThrownBy(() -> resumed.head("good", "bad").fit(data, held))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("\"head\" was");
        assertThatThrownBy(() -> resumed.fit(Jobs.data(40, 3), held))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("the training data was 40 rows with the checksum");
        assertThatThrownBy(() -> resumed.fit(data, Jobs.data(12, 3)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("the validation data was 12 rows with the checksum");
        assertThatThrownBy(() -> resumed.fitAll(data))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("the validation data was 12 rows");
        assertThatThrownBy(() -> Auto.of(resumed).within(Duration.ofMinutes(1)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("Auto depends on how fast the machine is");
        resumed.maxTime(Duration.ofHours(1)).fit(data, held).close();
    }

    @Test
    void aConfigurationThatComputesOtherwiseIsNamedAndOneThatDoesntIsTaken() throws Exception {
        final Path model = folder.resolve("model");
        try (FineTuned<Text> base = Jobs.classifier().untrained(Text.class)) {
            base.save(model);
        }
        final FineTuner tuner = FineTuner.from(model).maxLength(32).epochs(2);
        stop(Job.of("begun", tuner), tuner.checkpoints(Checkpoints.in(folder.resolve("run"))), 3);
        final Path moved = Files.move(model, folder.resolve("moved"));
        Files.delete(moved.resolve(DirectorySave.LIST)); // As its error says where a change was meant.
        final Path config = moved.resolve("config.json");
        final String before = Files.readString(config);
        final FineTuner resumed = FineTuner.from(moved).maxLength(32).epochs(2).resumeFrom(folder.resolve("run"));
        final Job job = Job.of("gone on", resumed);
        Files.writeString(config, before.replace("\"hidden_dropout_prob\": 0.0", "\"hidden_dropout_prob\": 0.3"));
        assertThatThrownBy(() -> job.fit().apply(resumed))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("\"config.json: hidden_dropout_prob\" was 0.0, and is 0.3 now");
        Files.writeString(config, before.replaceFirst("\\{", "{\"_name_or_path\": \"elsewhere\","));
        stop(job, resumed, 2);
        assertThat(folder.resolve("run").resolve("checkpoint-5")).isDirectory();
    }

    @Test
    void anAdapterThatWasMovedIsGoneOnWithOnTheDeviceThatWasFound() throws Exception {
        final Path adapter = folder.resolve("adapter");
        final FineTuner base = Jobs.classifier().epochs(1);
        try (FineTuned<?> tuned = base.lora(Lora.rank(2)).fit(Jobs.data(16, 1), Jobs.data(12, 2))) {
            tuned.saveAdapter(adapter);
        }
        final FineTuner tuner = base.adapter(adapter);
        stop(Job.of("begun", tuner), tuner.checkpoints(Checkpoints.in(folder.resolve("run"))), 3);
        final Path moved = Files.move(adapter, folder.resolve("moved"));
        final FineTuner resumed = base.adapter(moved).resumeFrom(folder.resolve("run"));
        final DeviceChoice found = Devices.of(DeviceChoice.AUTO).is_cuda() ? DeviceChoice.CUDA : DeviceChoice.CPU;
        stop(Job.of("gone on", resumed), resumed.device(found), 1);
        assertThat(folder.resolve("run").resolve("checkpoint-4")).isDirectory();
    }

    @Test
    void crossValidationGoesOnWithTheFoldThatWasUnderWay() throws Exception {
        final FineTuner tuner = Jobs.classifier().epochs(2);
        final CrossValidation expected = tuner.crossValidate(Jobs.data(40, 1), 3);
        final FineTuner saving =
                tuner.checkpoints(Checkpoints.in(folder).everySteps(2).resume());
        final Cancellation cancellation = new Cancellation();
        assertThatThrownBy(() -> saving.cancellation(cancellation)
                        .listener(atStep(13, cancellation::cancel))
                        .crossValidate(Jobs.data(40, 1), 3))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("after 1 of 3 folds");
        assertThat(folder.resolve("fold-2")).isDirectory();
        final AtomicInteger steps = new AtomicInteger();
        final CrossValidation found = saving.listener(new TrainingListener() {
                    @Override
                    public void stepped(StepReport report) {
                        steps.incrementAndGet();
                    }
                })
                .crossValidate(Jobs.data(40, 1), 3);
        assertThat(found.toString()).isEqualTo(expected.toString());
        assertThat(found.folds().toString()).isEqualTo(expected.folds().toString());
        assertThat(steps.get()).isLessThan(2 * 8); // Of 3 x 8.
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left.map(path -> path.getFileName().toString())).containsExactly("finetune-folds.json");
        }
        assertThatThrownBy(() -> saving.lr(1e-3).crossValidate(Jobs.data(40, 1), 3))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("\"learning rate\" was 0.002, and is 0.001 now");
        assertThatThrownBy(() -> saving.crossValidate(Jobs.data(40, 2), 3))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("\"the data\" was 40 rows");
        final FineTuner more =
                tuner.preservation(p -> p.layerDecay(0.9)).checkpoints(Checkpoints.in(folder.resolve("more")));
        more.crossValidate(Jobs.data(40, 1), 3);
        final FineTuner less = tuner.resumeFrom(folder.resolve("more"));
        assertThatThrownBy(() -> less.crossValidate(Jobs.data(40, 1), 3))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("\"layer decay\" was 0.9, and is not set now");
        final FineTuner careful = tuner.checkpoints(Checkpoints.in(folder));
        assertThatThrownBy(() -> careful.crossValidate(Jobs.data(40, 1), 3))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("begun before");
    }

    @Test
    void aSearchGoesOnWithTheTrialThatWasUnderWay() throws Exception {
        final FineTuner tuner = Jobs.classifier().epochs(3).evaluation(e -> e.everySteps(2));
        final SearchResult expected = search(tuner).run(Jobs.data(40, 1), Jobs.data(12, 2));
        final FineTuner saving =
                tuner.checkpoints(Checkpoints.in(folder).everySteps(2).resume());
        final Cancellation cancellation = new Cancellation();
        search(saving.listener(atStep(21, cancellation::cancel)))
                .cancellation(cancellation)
                .run(Jobs.data(40, 1), Jobs.data(12, 2));
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left.map(path -> path.getFileName().toString()))
                    .anyMatch(name -> name.startsWith("trial-"))
                    .contains("trials.jsonl");
        }
        final SearchResult found = search(tuner.resumeFrom(folder)).run(Jobs.data(40, 1), Jobs.data(12, 2));
        assertThat(found.trials()).hasSameSizeAs(expected.trials());
        for (int i = 0; i < expected.trials().size(); i++) {
            assertThat(found.trials().get(i).settings())
                    .isEqualTo(expected.trials().get(i).settings());
            assertThat(found.trials().get(i).value())
                    .isEqualTo(expected.trials().get(i).value());
            assertThat(found.trials().get(i).state())
                    .isEqualTo(expected.trials().get(i).state());
            assertThat(found.trials().get(i).metrics())
                    .isEqualTo(expected.trials().get(i).metrics());
        }
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left.map(path -> path.getFileName().toString())).containsExactly("trials.jsonl");
        }
    }

    private static Search search(FineTuner tuner) {
        return Search.over(tuner)
                .logUniform("lr", 1e-4, 1e-2, FineTuner::lr)
                .trials(4)
                .halving(Halving.usual());
    }
}
