package dev.finetune.lm.job;

import static dev.finetune.lm.job.ToyPreferences.chatty;
import static dev.finetune.lm.job.ToyPreferences.golden;
import static dev.finetune.lm.job.ToyPreferences.of;
import static dev.finetune.lm.job.ToyPreferences.training;
import static dev.finetune.lm.job.ToyPreferences.tuner;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.CollateContext;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.bert.text.Tokenizer;
import dev.finetune.data.DataReport;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Finding;
import dev.finetune.data.Label;
import dev.finetune.data.TokenTotals;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Heads;
import dev.finetune.lm.Chat;
import dev.finetune.lm.ChatFiles;
import dev.finetune.lm.Message;
import dev.finetune.lm.Preference;
import dev.finetune.lm.TextPreference;
import dev.finetune.lm.input.LmInputs;
import dev.finetune.peft.Quantized;
import dev.finetune.preference.Dpo;
import dev.finetune.preference.Orpo;
import dev.finetune.preference.PreferenceEncoder;
import dev.finetune.preference.PreferencePair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What of a pair of answers is learned, and which pairs, models and settings are refused. */
class PreferenceDataTest {
    @TempDir
    Path folder;

    @SuppressWarnings("unchecked")
    private static List<PreferencePair> encode(FineTuned<Chat> model, Chat prompt, Preference answers) {
        return ((PreferenceEncoder<Chat>) model.assembly().encoder())
                .encodePairs(List.of(new Example<>(prompt, answers)));
    }

    private static Preference answers(String chosen, String rejected) {
        return new Preference(List.of(Message.assistant(chosen)), List.of(Message.assistant(rejected)));
    }

    private static long[] column(HostBatch batch, String name, int row) {
        final HostTensor.Longs column = (HostTensor.Longs) batch.columns().get(name);
        final int length = Math.toIntExact(column.shape()[1]);
        return Arrays.copyOfRange(column.data(), row * length, (row + 1) * length);
    }

    @Test
    void onlyTheAnswerIsPredictedWhateverTheAssistantSaidBefore() throws IOException {
        try (FineTuned<Chat> model = tuner(chatty("gpt2-causal-lm", folder)).untrained(Chat.class);
                Tokenizer tokenizer = Tokenizer.openForWriting(golden("gpt2-causal-lm"))) {
            final PreferencePair pair = encode(
                            model, Chat.of().user("late").assistant("ok").user("why"), answers("sorry", "no"))
                    .get(0);
            final HostBatch batch = model.assembly()
                    .encoder()
                    .collate(
                            List.of(pair.chosen(), pair.rejected()),
                            new CollateContext(CollateContext.Purpose.TRAINING, 0));
            final String before = "[user]late[assistant]ok<|endoftext|>[user]why[assistant]";
            final List<String> written = List.of("sorry<|endoftext|>", "no<|endoftext|>");
            for (int row = 0; row < 2; row++) {
                final long[] labels = column(batch, "labels", row);
                final int first = tokenizer.encodeWhole(before).length();
                assertThat(Arrays.copyOf(labels, first)).containsOnly(-100);
                assertThat(Arrays.stream(labels).filter(label -> label >= 0))
                        .containsExactly(Arrays.stream(
                                        tokenizer.encodeWhole(written.get(row)).ids())
                                .asLongStream()
                                .boxed()
                                .toArray(Long[]::new));
                final int all = tokenizer.encodeWhole(before + written.get(row)).length();
                assertThat(Arrays.stream(column(batch, "attention_mask", row)).sum())
                        .isEqualTo(all);
            }
        }
    }

    @Test
    void pairsThatNothingCanBeLearnedFromAreLeftOutAndTold() throws IOException {
        final Dataset<Chat> pairs = Dataset.of(
                Chat.class,
                List.of(
                        new Example<>(Chat.of().user("late"), answers("sorry", "no")),
                        new Example<>(
                                Chat.of().user("late and later still, since the early layers were freezing"),
                                answers("sorry", "no")),
                        new Example<>(
                                Chat.of().user("cold"),
                                answers("this is all the same until then", "this is all the same until now"))));
        final FineTuner tuner =
                tuner(chatty("gpt2-causal-lm", folder)).maxLength(22).epochs(1);
        try (FineTuned<Chat> tuned = tuner.fitPreferences(pairs, Dpo.beta(0.1))) {
            assertThat(tuned.provenance().warnings())
                    .anyMatch(warning -> warning.contains("Of 3 training pairs 2 are left out"));
            assertThat(tuned.history().orElseThrow().steps()).hasSize(1);
        }
        assertThatThrownBy(() -> tuner.maxLength(9).fitPreferences(pairs, Dpo.beta(0.1)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("no pair to learn from", "3 in which an answer lies beyond");
    }

    @Test
    void tokensOfPairsAreCountedAnswerByAnswer() throws IOException {
        final Dataset<Chat> pairs = Dataset.of(
                Chat.class,
                List.of(
                        new Example<>(Chat.of().user("late"), answers("sorry", "no")),
                        new Example<>(Chat.of().user("late"), answers("so", "no")),
                        new Example<>(
                                Chat.of().user("cold"),
                                answers("this is all the same until then", "this is all the same until now"))));
        final DataReport report =
                tuner(chatty("gpt2-causal-lm", folder)).maxLength(22).check(pairs);

        final TokenTotals tokens = report.parts().get(0).tokens().orElseThrow();
        assertThat(tokens.rows().orElseThrow().count()).isEqualTo(4);
        assertThat(tokens.truncated()).isEqualTo(3);
        assertThat(tokens.longest()).isGreaterThan(22);
        assertThat(tokens.total()).isGreaterThan(tokens.rows().orElseThrow().tokens() + 2 * 22);
        assertThat(report.issues().stream().map(DataReport.Issue::code))
                .contains(Finding.Code.CUT_ANSWERS)
                .doesNotContain(Finding.Code.DUPLICATES, Finding.Code.CONFLICTING_LABELS);
        assertThat(report.issues().stream()
                        .filter(issue -> issue.code() == Finding.Code.CUT_ANSWERS)
                        .flatMap(issue -> issue.cases().stream())
                        .flatMap(each -> each.rows().stream()))
                .containsExactly(new DataReport.Place("train", 3));
    }

    @Test
    void severalPairsOfOnePromptAreNoContradiction() throws IOException {
        final Dataset<Chat> pairs = Dataset.of(
                Chat.class,
                List.of(
                        new Example<>(Chat.of().user("late"), answers("sorry", "no")),
                        new Example<>(Chat.of().user("late"), answers("thanks", "what"))));
        try (FineTuned<Chat> tuned =
                tuner(chatty("gpt2-causal-lm", folder)).epochs(1).fitPreferences(pairs, Orpo.lambda(0.1))) {
            assertThat(tuned.provenance().warnings())
                    .noneMatch(warning -> warning.contains("label"))
                    // The answers are in the pairs, and not in the conversations that they follow.
                    .noneMatch(warning -> warning.contains("answer"));
        }
    }

    @Test
    void whatItIsNotForIsRefusedByName() throws IOException {
        final Path base = chatty("gpt2-causal-lm", folder);
        final Dataset<Chat> data = training(folder);
        final Map<String, FineTuner> refused = Map.of(
                "this head is for masked tokens", tuner(base).head(Heads.maskedLm()),
                "an answer that is compared with another one is a row of its own",
                        tuner(base).inputs(LmInputs.packed()),
                "regularization(r -> r.rDrop(...)) would do nothing",
                        tuner(base).regularization(r -> r.rDrop(1)),
                "Dpo.beta(...).labelSmoothing(...)", tuner(base).loss(l -> l.labelSmoothing(0.1)),
                "fitPreferences(train, validation, ...)", tuner(base).keepBest(),
                "samples(2) writes for rows of validation data: call fitPreferences(train, validation, ...)",
                        tuner(base).samples(2),
                "without an adapter there is nothing beside them that learns",
                        tuner(base).base(Quantized.nf4()));
        refused.forEach((message, tuner) -> assertThatThrownBy(() -> tuner.fitPreferences(data, Dpo.beta(0.1)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(message));
        assertThatThrownBy(() -> FineTuner.from(golden("t5-relu")).fitPreferences(data, Dpo.beta(0.1)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("This model reads one text and writes another");
        assertThatThrownBy(() -> FineTuner.from(golden("t5-relu"))
                        .head(Heads.seq2SeqLm())
                        .fitPreferences(data, Dpo.beta(0.1)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("is for decoders, such as GPT-2 and Llama");
        assertThatThrownBy(() -> tuner(base).fit(data, data))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("fitPreferences(...)");
        final Dataset<Chat> unlabelled = data.map(example -> new Example<>(example.input(), Label.none()));
        assertThatThrownBy(() -> tuner(base).fitPreferences(unlabelled, Dpo.beta(0.1)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("ChatFiles.jsonl(path).preferences()");
        final Path file = folder.resolve("stream.jsonl");
        Files.writeString(file, "{\"prompt\": \"late\", \"chosen\": \"sorry\", \"rejected\": \"no\"}\n");
        assertThatThrownBy(() -> tuner(base)
                        .fitPreferences(ChatFiles.jsonl(file).streamed().preferences(), Dpo.beta(0.1)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("not from a stream");
    }

    @Test
    void numbersOutOfTheirRangeAreRefused() {
        for (double beta : new double[] {0, -0.1, 1e30, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> Dpo.beta(beta)).hasMessageContaining("beta must be a number above 0");
            assertThatThrownBy(() -> Orpo.lambda(beta)).hasMessageContaining("lambda must be a number above 0");
        }
        for (double share : new double[] {-0.1, 0.5, Double.NaN}) {
            assertThatThrownBy(() -> Dpo.beta(0.1).labelSmoothing(share)).hasMessageContaining("from 0 to below 0.5");
        }
        assertThatThrownBy(() -> new TextPreference("a", "a")).hasMessageContaining("are the same");
    }

    @Test
    void aTemplateThatWritesThePromptOtherwiseOnceAnAnswerFollowsIsRefused() throws IOException {
        final Path base = chatty("gpt2-causal-lm", folder);
        Files.writeString(
                base.resolve("chat_template.jinja"),
                "{% for message in messages %}{{ loop.length }}{{ message.content }}{% endfor %}");
        assertThatThrownBy(() -> tuner(base).fitPreferences(of(folder, "late"), Dpo.beta(0.1)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(
                        "can't be told which tokens are the answer's", "\"1late\" against \"2late2thanks\"");
    }
}
