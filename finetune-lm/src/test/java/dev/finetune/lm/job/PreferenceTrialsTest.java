package dev.finetune.lm.job;

import static dev.finetune.lm.job.ToyPreferences.chatty;
import static dev.finetune.lm.job.ToyPreferences.heldOut;
import static dev.finetune.lm.job.ToyPreferences.training;
import static dev.finetune.lm.job.ToyPreferences.tuner;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.error.FinetuneException;
import dev.finetune.freeze.Freeze;
import dev.finetune.generate.Generation;
import dev.finetune.head.Heads;
import dev.finetune.lm.Chat;
import dev.finetune.lm.input.LmInputs;
import dev.finetune.metrics.Metrics;
import dev.finetune.peft.Lora;
import dev.finetune.preference.Dpo;
import dev.finetune.preference.Orpo;
import dev.finetune.report.DryRun;
import dev.finetune.report.Forecast;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What learning from preferences would take is told before it runs; pairs are evaluated of models that were loaded, too. */
class PreferenceTrialsTest {
    private static final double UNDECIDED = Math.log(2);

    @TempDir
    Path folder;

    @Test
    void aDescriptionCountsPairsAndSaysByWhichLossIsLearned() throws IOException {
        final Forecast forecast =
                tuner(chatty("gpt2-causal-lm", folder)).describe(training(folder), heldOut(folder), Dpo.beta(0.5));

        assertThat(forecast.planned().plan().rows()).isEqualTo(8);
        assertThat(forecast.planned().plan().validationRows()).isEqualTo(3);
        assertThat(forecast.planned().plan().steps()).isEqualTo(12);
        assertThat(forecast.planned().evaluations()).isEqualTo(6);
        assertThat(forecast.settings())
                .anyMatch(setting ->
                        setting.name().equals("preferences") && setting.value().equals("DPO, beta 0.5"));
        assertThat(forecast.trainingSeconds()).isPositive().isFinite();
        assertThat(forecast.evaluationSeconds()).isPositive().isFinite();
        assertThat(forecast.toString()).contains("8 to train on, 3 to evaluate on");
    }

    @Test
    void aDescriptionWithoutValidationDataEvaluatesNothing() throws IOException {
        final Forecast forecast = tuner(chatty("gpt2-causal-lm", folder)).describe(training(folder), Orpo.lambda(0.2));

        assertThat(forecast.planned().evaluations()).isZero();
        assertThat(forecast.evaluationSeconds()).isZero();
    }

    @Test
    void aDryRunMakesTheStepThatTheFitWouldBeginWith() throws IOException {
        final FineTuner tuner =
                tuner(chatty("llama-causal-lm", folder)).lora(Lora.rank(4)).maxLength(30);
        final DryRun run = tuner.dryRun(training(folder), heldOut(folder), Dpo.beta(0.5));

        assertThat(run.plan().steps()).isEqualTo(12);
        assertThat(run.first().step().rows()).isEqualTo(4);
        assertThat(run.first().step().loss()).isCloseTo(UNDECIDED, within(1e-5));
        assertThat(run.first().evaluation().orElseThrow().names()).contains("reward_accuracy", "reward_margin");
        assertThat(tuner.dryRun(training(folder), Dpo.beta(0.5)).first().evaluation())
                .isEmpty();
    }

    @Test
    void whatTheFitWouldWarnOfAndRefuseIsToldBefore() throws IOException {
        final Path base = chatty("gpt2-causal-lm", folder);
        final Dataset<Chat> pairs = training(folder);

        assertThat(tuner(base).maxLength(22).dryRun(pairs, Orpo.lambda(0.1)).warnings())
                .anyMatch(warning -> warning.contains("Of 8 training pairs"));
        assertThatThrownBy(() -> tuner(base).inputs(LmInputs.packed()).dryRun(pairs, Orpo.lambda(0.1)))
                .hasMessageContaining("an answer that is compared with another one is a row of its own");
        assertThatThrownBy(() -> tuner(base).head(Heads.maskedLm()).describe(pairs, Orpo.lambda(0.1)))
                .hasMessageContaining("this head is for masked tokens");
        assertThatThrownBy(() -> tuner(base).keepBest().describe(pairs, Orpo.lambda(0.1)))
                .hasMessageContaining("fitPreferences(train, validation, ...)");
    }

    private static void same(Metrics now, Metrics then) {
        assertThat(now.names()).isEqualTo(then.names());
        then.names().forEach(name -> assertThat(now.get(name)).as(name).isCloseTo(then.get(name), within(1e-5)));
    }

    private static String answer(FineTuned<Chat> model) {
        return model.generate(Chat.of().user("too small"), Generation.greedy().maxNewTokens(6))
                .text();
    }

    @Test
    void aModelThatWasLoadedIsEvaluatedByOddsAndRefusesWhatNeedsWhatItWas() throws IOException {
        final Path saved = folder.resolve("saved");
        final Metrics then;
        try (FineTuned<Chat> tuned = tuner(chatty("gpt2-causal-lm", folder))
                .epochs(2)
                .fitPreferences(training(folder), heldOut(folder), Orpo.lambda(0.2))) {
            then = tuned.evaluation();
            same(tuned.evaluate(heldOut(folder), Orpo.lambda(0.2)), then);
            assertThat(tuned.evaluate(heldOut(folder), Dpo.beta(0.5)).get("loss"))
                    .isNotCloseTo(UNDECIDED, within(1e-6));
            tuned.save(saved);
        }
        try (FineTuned<Chat> loaded = FineTuned.load(saved, Chat.class)) {
            same(loaded.evaluate(heldOut(folder), Orpo.lambda(0.2)), then);
            assertThatThrownBy(() -> loaded.evaluate(heldOut(folder), Dpo.beta(0.5)))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContainingAll(
                            "evaluate(pairs, DPO, beta 0.5)", "whose weights are whole", "Orpo.lambda");
            assertThatThrownBy(() -> loaded.evaluate(heldOut(folder)))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("evaluate(pairs, Dpo.beta(0.1))");
        }
    }

    @Test
    void anAdapterThatWasLoadedIsComparedWithItsBaseAndThenThereAgain() throws IOException {
        final Path base = chatty("llama-causal-lm", folder);
        final Path adapter = folder.resolve("adapter");
        final Metrics then;
        try (FineTuned<Chat> tuned =
                tuner(base).lora(Lora.rank(8)).fitPreferences(training(folder), heldOut(folder), Dpo.beta(0.5))) {
            then = tuned.evaluation();
            tuned.saveAdapter(adapter);
        }
        assertThat(then.get("reward_margin")).isGreaterThan(2);
        try (FineTuned<Chat> loaded =
                FineTuner.from(base).adapter(adapter).head(Heads.causalLm()).untrained(Chat.class)) {
            final String before = answer(loaded);
            same(loaded.evaluate(heldOut(folder), Dpo.beta(0.5)), then);
            assertThat(answer(loaded)).isEqualTo(before);
            loaded.mergeAdapter();
            final Metrics merged = loaded.evaluate(heldOut(folder), Dpo.beta(0.5));
            assertThat(merged.get("reward_margin")).isCloseTo(then.get("reward_margin"), within(1e-4));
            assertThat(answer(loaded)).isEqualTo(before);
            loaded.unmergeAdapter();
            same(loaded.evaluate(heldOut(folder), Dpo.beta(0.5)), then);
        }
    }

    @Test
    void aBaseThatWasTrainedBesideItsAdapterIsNothingToCompareWith() throws IOException {
        final Dataset<Chat> chats = Dataset.of(
                Chat.class, List.of(new Example<>(Chat.of().user("late").assistant("thanks"), Label.none())));
        try (FineTuned<Chat> tuned = tuner(chatty("gpt2-causal-lm", folder))
                .epochs(1)
                .lora(Lora.rank(2))
                .unfreeze(Freeze.matching("transformer\\.ln_f\\..*"))
                .fit(chats, chats)) {
            assertThatThrownBy(() -> tuned.evaluate(heldOut(folder), Dpo.beta(0.5)))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContainingAll("its base was trained beside the adapter (transformer.ln_f.weight");
            assertThat(tuned.evaluate(heldOut(folder), Orpo.lambda(0.1)).names())
                    .contains("reward_accuracy");
        }
    }
}
