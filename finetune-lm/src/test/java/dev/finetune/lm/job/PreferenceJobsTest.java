package dev.finetune.lm.job;

import static dev.finetune.lm.job.ToyPreferences.chatty;
import static dev.finetune.lm.job.ToyPreferences.golden;
import static dev.finetune.lm.job.ToyPreferences.heldOut;
import static dev.finetune.lm.job.ToyPreferences.training;
import static dev.finetune.lm.job.ToyPreferences.tuner;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.generate.Generation;
import dev.finetune.lm.Chat;
import dev.finetune.lm.ChatFiles;
import dev.finetune.metrics.Metrics;
import dev.finetune.peft.Lora;
import dev.finetune.preference.Dpo;
import dev.finetune.preference.Orpo;
import dev.finetune.preference.PreferenceLoss;
import dev.finetune.train.Cancellation;
import dev.finetune.train.Checkpoints;
import dev.finetune.train.Precision;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import dev.finetune.train.WrittenSamples;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Language models learn which of two answers is preferred. */
class PreferenceJobsTest {
    private static final double UNDECIDED = Math.log(2);

    @TempDir
    Path folder;

    private static String answer(FineTuned<Chat> model, String said) {
        return model.generate(Chat.of().user(said), Generation.greedy().maxNewTokens(6))
                .text();
    }

    private static List<Double> losses(FineTuned<?> tuned) {
        return tuned.history().orElseThrow().steps().stream()
                .map(StepReport::loss)
                .toList();
    }

    @Test
    void afterDpoWithLoraThePreferredAnswerIsLikelierOnPromptsNeverSeen() throws IOException {
        final Path base = chatty("llama-causal-lm", folder);
        final Path adapter = folder.resolve("adapter");
        final String answer;
        try (FineTuned<Chat> tuned =
                tuner(base).lora(Lora.rank(8)).fitPreferences(training(folder), heldOut(folder), Dpo.beta(0.5))) {
            final Metrics metrics = tuned.evaluation();
            assertThat(metrics.get("reward_accuracy")).isEqualTo(1);
            assertThat(metrics.get("reward_margin")).isGreaterThan(2);
            assertThat(metrics.get("reward_margin"))
                    .isCloseTo(metrics.get("chosen_reward") - metrics.get("rejected_reward"), within(1e-6));
            assertThat(metrics.get("loss")).isLessThan(0.2);
            assertThat(losses(tuned).get(0)).isCloseTo(UNDECIDED, within(1e-5));
            assertThat(tuned.history().orElseThrow().epochs())
                    .allSatisfy(report -> assertThat(
                                    report.validation().orElseThrow().names())
                            .contains("reward_accuracy", "reward_margin"));
            answer = answer(tuned, "too small");
            tuned.saveAdapter(adapter);
        }
        try (FineTuned<Chat> again = FineTuner.from(base).adapter(adapter).untrained(Chat.class)) {
            assertThat(answer(again, "too small")).isEqualTo(answer);
        }
        try (FineTuned<Chat> onwards =
                tuner(base).adapter(adapter).maxSteps(2).fitPreferences(training(folder), Dpo.beta(0.5))) {
            assertThat(losses(onwards).get(0))
                    .as("the reference is the model with the adapter that it has")
                    .isCloseTo(UNDECIDED, within(1e-5));
        }
    }

    @Test
    void pairsAreEvaluatedAfterwardsAsTrainingDid() throws IOException {
        final Path base = chatty("gpt2-causal-lm", folder);
        for (PreferenceLoss loss : List.of(Dpo.beta(0.5).labelSmoothing(0.1), Orpo.lambda(0.2))) {
            try (FineTuned<Chat> tuned =
                    tuner(base).epochs(2).fitPreferences(training(folder), heldOut(folder), loss)) {
                final Metrics then = tuned.evaluation();
                final Metrics now = tuned.evaluate(heldOut(folder));
                assertThat(now.names()).isEqualTo(then.names());
                then.names()
                        .forEach(name -> assertThat(now.get(name))
                                .as("%s, %s", loss, name)
                                .isCloseTo(then.get(name), within(1e-5)));
                final Dataset<Chat> conversations = Dataset.of(
                        Chat.class, List.of(new Example<>(Chat.of().user("late").assistant("thanks"), Label.none())));
                assertThat(tuned.evaluate(conversations).names()).contains("perplexity");
            }
        }
    }

    @Test
    void samplesAreWrittenBeforeAndAfterBesideThePreferredAnswer() throws IOException {
        final List<WrittenSamples> told = new ArrayList<>();
        try (FineTuned<Chat> tuned = tuner(chatty("gpt2-causal-lm", folder))
                .epochs(40)
                .batchSize(2)
                .samples(2, Generation.greedy().maxNewTokens(6))
                .listener(new TrainingListener() {
                    @Override
                    public void sampled(WrittenSamples written) {
                        told.add(written);
                    }
                })
                .fitPreferences(training(folder), heldOut(folder), Orpo.lambda(0.2))) {
            final WrittenSamples samples = tuned.samples().orElseThrow();
            assertThat(told).containsExactly(samples);
            assertThat(samples.rows()).hasSize(2).allSatisfy(row -> {
                assertThat(row.reference()).isEqualTo("thanks");
                assertThat(row.before()).isNotEqualTo("thanks");
                assertThat(row.after()).contains("thanks");
            });
        }
    }

    @Test
    void rowsArePairsWhereProgressIsTold() throws IOException {
        final List<Long> planned = new ArrayList<>();
        try (FineTuned<Chat> tuned = tuner(chatty("gpt2-causal-lm", folder))
                .epochs(1)
                .batchSize(3)
                .listener(new TrainingListener() {
                    @Override
                    public void started(Plan plan) {
                        planned.add(plan.rows());
                        planned.add(plan.validationRows());
                    }
                })
                .fitPreferences(training(folder), heldOut(folder), Orpo.lambda(0.2))) {
            assertThat(planned).containsExactly(8L, 3L);
            assertThat(tuned.history().orElseThrow().steps().stream().map(StepReport::rows))
                    .containsExactly(3, 3, 2);
        }
    }

    @Test
    void orpoTeachesTheAnswerItselfAndTheWholeModelIsSaved() throws IOException {
        final Path saved = folder.resolve("saved");
        try (FineTuned<Chat> tuned = tuner(chatty("gpt2-causal-lm", folder))
                .epochs(40)
                .batchSize(2)
                .fitPreferences(training(folder), heldOut(folder), Orpo.lambda(0.2))) {
            assertThat(answer(tuned, "a waste of money")).isEqualTo("thanks");
            assertThat(tuned.evaluation().get("reward_accuracy")).isEqualTo(1);
            assertThat(tuned.evaluation().get("chosen_log_probability"))
                    .isGreaterThan(tuned.evaluation().get("rejected_log_probability"));
            tuned.save(saved);
        }
        try (FineTuned<Chat> again = FineTuned.load(saved, Chat.class)) {
            assertThat(answer(again, "a waste of money")).isEqualTo("thanks");
        }
    }

    @Test
    void textsWithoutAChatTemplateHavePreferencesToo() throws IOException {
        final Path file = folder.resolve("texts.jsonl");
        Files.writeString(file, """
                {"prompt": "the sky is", "chosen": " blue", "rejected": " wet"}
                {"prompt": "two and two is", "chosen": " four", "rejected": " a waste of money"}
                """);
        final Dataset<Text> pairs = ChatFiles.jsonl(file).completionPreferences();
        try (FineTuned<Text> tuned =
                tuner(golden("gpt2-causal-lm")).epochs(40).fitPreferences(pairs, pairs, Orpo.lambda(0.1))) {
            assertThat(tuned.generate(Text.of("two and two is"), Generation.greedy())
                            .text())
                    .isEqualTo(" four");
            assertThat(tuned.evaluation().get("reward_accuracy")).isEqualTo(1);
        }
    }

    @Test
    void checkpointingAndAccumulationChangeNothingButRounding() throws IOException {
        final Path base = chatty("gpt2-causal-lm", folder);
        final Dataset<Chat> train = training(folder);
        final FineTuner plain =
                tuner(base).epochs(3).batching(b -> b.groupByLength(false)).optimization(o -> o.maxGradientNorm(1));
        final List<FineTuner> others = List.of(
                plain.execution(e -> e.gradientCheckpointing(true)),
                plain.batchSize(2).optimization(o -> o.accumulate(2)),
                plain.batching(b -> b.groupByLength(true)));
        try (FineTuned<Chat> one = plain.fitPreferences(train, Dpo.beta(0.1).labelSmoothing(0.05))) {
            for (FineTuner other : others) {
                try (FineTuned<Chat> same =
                        other.fitPreferences(train, Dpo.beta(0.1).labelSmoothing(0.05))) {
                    assertThat(losses(same)).hasSameSizeAs(losses(one));
                    if (other != others.get(2)) { // Which visits rows in another order.
                        for (int i = 0; i < losses(one).size(); i++) {
                            assertThat(losses(same).get(i))
                                    .isCloseTo(losses(one).get(i), within(1e-4));
                        }
                    }
                }
            }
        }
    }

    @Test
    void productsIn16BitsLearnTheSamePreference() throws IOException {
        try (FineTuned<Chat> tuned = tuner(chatty("llama-causal-lm", folder))
                .lora(Lora.rank(8))
                .precision(Precision.BFLOAT16)
                .fitPreferences(training(folder), heldOut(folder), Dpo.beta(0.5))) {
            assertThat(losses(tuned).get(0)).isCloseTo(UNDECIDED, within(0.03));
            assertThat(tuned.evaluation().get("reward_accuracy")).isEqualTo(1);
        }
    }

    @Test
    void theModelsDropoutIsOffUnlessItIsSaid() throws IOException {
        final Path base = chatty("gpt2-causal-lm", folder);
        final Path config = base.resolve("config.json");
        Files.writeString(config, Files.readString(config).replace("\"resid_pdrop\": 0.0", "\"resid_pdrop\": 0.4"));
        final FineTuner tuner = tuner(base).maxSteps(1);
        try (FineTuned<Chat> without = tuner.fitPreferences(training(folder), Dpo.beta(0.5));
                FineTuned<Chat> with =
                        tuner.regularization(r -> r.dropout(0.4)).fitPreferences(training(folder), Dpo.beta(0.5))) {
            assertThat(losses(without).get(0)).isCloseTo(UNDECIDED, within(1e-5));
            assertThat(losses(with).get(0)).isNotCloseTo(UNDECIDED, within(1e-3));
        }
    }

    @Test
    void aTrainingThatWasStoppedGoesOnWithTheSameReference() throws IOException {
        final Path base = chatty("gpt2-causal-lm", folder);
        final Path runs = folder.resolve("runs");
        final Dataset<Chat> train = training(folder);
        final Cancellation stopping = new Cancellation();
        final FineTuner stopped = tuner(base)
                .checkpoints(Checkpoints.in(runs).everySteps(3))
                .cancellation(stopping)
                .listener(new TrainingListener() {
                    @Override
                    public void stepped(StepReport report) {
                        if (report.step() == 5) {
                            stopping.cancel();
                        }
                    }
                });
        final List<Double> whole;
        try (FineTuned<Chat> tuned = tuner(base).fitPreferences(train, Dpo.beta(0.3))) {
            whole = losses(tuned);
        }
        stopped.fitPreferences(train, Dpo.beta(0.3)).close();
        try (FineTuned<Chat> tuned = tuner(base).resumeFrom(runs).fitPreferences(train, Dpo.beta(0.3))) {
            assertThat(losses(tuned)).isEqualTo(whole);
        }
    }

    @Test
    void stepsLeaveNothingBehind() throws IOException {
        for (String name : List.of("gpt2-causal-lm", "llama-causal-lm")) {
            final List<Long> objects = new ArrayList<>();
            final FineTuner counting = tuner(chatty(name, folder)).listener(new TrainingListener() {
                @Override
                public void stepped(StepReport report) {
                    objects.add(Pointer.totalCount());
                }
            });
            (name.startsWith("gpt2") ? counting : counting.lora(Lora.rank(2)))
                    .fitPreferences(training(folder), Dpo.beta(0.1))
                    .close();
            assertThat(objects).hasSizeGreaterThan(10);
            assertThat(objects.subList(3, objects.size()))
                    .allSatisfy(count -> assertThat(count).isLessThanOrEqualTo(objects.get(3)));
        }
    }

    @Test
    void theBestWeightsAreThoseOfTheLargestRewardMargin() throws IOException {
        try (FineTuned<Chat> tuned = tuner(chatty("gpt2-causal-lm", folder))
                .epochs(2)
                .keepBest("reward_margin")
                .fitPreferences(training(folder), heldOut(folder), Dpo.beta(0.1))) {
            assertThat(tuned.evaluation().get("reward_margin")).isPositive();
            assertThat(tuned.provenance().settings()).contains("preferences: DPO, beta 0.1");
        }
    }
}
