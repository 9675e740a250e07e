package dev.finetune.lm.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.InputEncoder;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.generate.Generation;
import dev.finetune.golden.GoldenFolders;
import dev.finetune.head.Heads;
import dev.finetune.lm.Chat;
import dev.finetune.lm.ChatFiles;
import dev.finetune.lm.input.LmInputs;
import dev.finetune.peft.Lora;
import dev.finetune.train.DeviceChoice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Language models learn what they are shown, and write it. */
class WritingJobsTest {
    private static final String TEMPLATE =
            "{% for message in messages %}{{ '[' + message.role + ']' + message.content }}"
                    + "{% if message.role == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}"
                    + "{% if add_generation_prompt %}{{ '[assistant]' }}{% endif %}";

    @TempDir
    Path folder;

    private static Path golden(String name) {
        return GoldenFolders.all().get(name).resolve("model");
    }

    private Path chatty() throws IOException {
        final Path model = Files.createDirectories(folder.resolve("chatty"));
        try (Stream<Path> files = Files.list(golden("gpt2-causal-lm"))) {
            for (Path file : files.toList()) {
                Files.copy(file, model.resolve(file.getFileName()));
            }
        }
        Files.writeString(model.resolve("chat_template.jinja"), TEMPLATE);
        return model;
    }

    private static FineTuner tuner(Path model) {
        return FineTuner.from(model)
                .head(Heads.causalLm())
                .device(DeviceChoice.CPU)
                .lr(1e-2)
                .epochs(40)
                .batchSize(2)
                .seed(5);
    }

    private static Dataset<Text> texts(String... texts) {
        return Dataset.of(
                Text.class,
                Arrays.stream(texts)
                        .map(text -> new Example<>(Text.of(text), Label.none()))
                        .toList());
    }

    @Test
    void aChatModelAnswersAsItWasShown() throws IOException {
        final Path conversations = folder.resolve("conversations.jsonl");
        Files.writeString(conversations, """
                {"messages": [{"role": "user", "content": "late"}, {"role": "assistant", "content": "sorry"}]}
                {"messages": [{"role": "user", "content": "good"}, {"role": "assistant", "content": "thanks"}]}
                """);
        final Path saved = folder.resolve("saved");
        final String answer;
        try (FineTuned<Chat> tuned = tuner(chatty())
                .fit(
                        ChatFiles.jsonl(conversations).chats(),
                        ChatFiles.jsonl(conversations).chats())) {
            answer = tuned.generate(Chat.of().user("late"), Generation.greedy()).text();
            assertThat(answer).isEqualTo("sorry");
            assertThat(tuned.generate(Chat.of().user("good"), Generation.greedy())
                            .text())
                    .isEqualTo("thanks");
            tuned.save(saved);
        }
        assertThat(saved.resolve("chat_template.jinja")).hasContent(TEMPLATE);
        try (FineTuned<Chat> again = FineTuned.load(saved, Chat.class)) {
            assertThat(again.generate(Chat.of().user("late"), Generation.greedy())
                            .text())
                    .isEqualTo(answer);
        }
    }

    @Test
    void aConversationThatTheTemplateFailsAtIsNamed() throws IOException {
        final Path model = chatty();
        Files.writeString(
                model.resolve("chat_template.jinja"),
                "{% for message in messages %}{% if message.role == 'system' %}{{ raise_exception('No system') }}"
                        + "{% endif %}{{ message.content }}{% endfor %}");
        final Dataset<Chat> chats = Dataset.of(
                Chat.class,
                List.of(
                        new Example<>(Chat.of().user("late").assistant("sorry"), Label.none()),
                        new Example<>(Chat.of().system("Be kind.").user("a").assistant("b"), Label.none())));
        assertThatThrownBy(() -> tuner(model).fit(chats, chats))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("No system")
                .hasMessageContaining("The conversation is: \"system: Be kind.")
                .hasMessageContaining("or leave it out");
    }

    @Test
    void tokensOfTheGenerationConfigThatTheModelDoesNotKnowAreNamed() throws IOException {
        final Path model = chatty();
        final Path config = model.resolve("generation_config.json");
        Files.writeString(config, "{\"bos_token_id\": 5000000, \"forced_eos_token_id\": 6000000}");
        try (FineTuned<Text> writer = tuner(model).untrained(Text.class)) {
            final Generation greedy = Generation.greedy().maxNewTokens(1);
            assertThatThrownBy(() -> writer.generate(Text.of(""), greedy))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("begins with the token 5000000");
            assertThatThrownBy(() -> writer.generate(Text.of("late"), greedy))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("the token 6000000 has to come");
        }
    }

    @Test
    void whatTheUserSaysIsNotLearned() throws IOException {
        try (FineTuned<Chat> model = tuner(chatty()).untrained(Chat.class)) {
            final HostBatch batch =
                    batch(model, List.of(new Example<>(Chat.of().user("late").assistant("sorry"), Label.none())));
            final long[] labels = ((HostTensor.Longs) batch.columns().get("labels")).data();
            final long[] ids = ((HostTensor.Longs) batch.columns().get("input_ids")).data();
            final int first = firstLabel(labels);
            final String rendered = "[user]late[assistant]sorry<|endoftext|>";
            assertThat(Arrays.copyOfRange(ids, first, ids.length))
                    .isEqualTo(Arrays.copyOfRange(labels, first, labels.length));
            try (var tokenizer = dev.finetune.bert.text.Tokenizer.openForWriting(golden("gpt2-causal-lm"))) {
                final int[] answer = Arrays.stream(labels)
                        .filter(label -> label >= 0)
                        .mapToInt(label -> (int) label)
                        .toArray();
                assertThat(tokenizer.encodeWhole(rendered).length()).isEqualTo(ids.length);
                assertThat(answer)
                        .isEqualTo(tokenizer.encodeWhole("sorry<|endoftext|>").ids());
            }
        }
    }

    private static int firstLabel(long[] labels) {
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] >= 0) {
                return i;
            }
        }
        return labels.length;
    }

    private static <I> HostBatch batch(FineTuned<I> model, List<Example<I>> examples) {
        final InputEncoder<I> encoder = model.assembly().encoder();
        return encoder.collate(encoder.encode(examples), new CollateContext(CollateContext.Purpose.TRAINING, 0));
    }

    @Test
    void aCompletionIsWrittenAfterItsText() {
        final Dataset<Text> pairs = Dataset.of(
                Text.class,
                List.of(
                        new Example<>(Text.of("two and two is"), Label.completion(" four")),
                        new Example<>(Text.of("the sky is"), Label.completion(" blue"))));
        try (FineTuned<Text> tuned = tuner(golden("gpt2-causal-lm")).fit(pairs, pairs)) {
            assertThat(tuned.generate(Text.of("the sky is"), Generation.greedy())
                            .text())
                    .isEqualTo(" blue");
            assertThat(tuned.evaluation().get("perplexity")).isLessThan(1.5);
        }
    }

    @Test
    void textsOfOneTokenAreLearnedNothingFromAndHurtNothing() {
        final Dataset<Text> some = texts("o", "the sky is blue", "a", "two and two is four", "e", "i");
        try (FineTuned<Text> tuned =
                tuner(golden("gpt2-causal-lm")).loss(l -> l.labelSmoothing(0.1)).fit(some, some)) {
            assertThat(tuned.evaluation().get("accuracy")).isGreaterThan(0.9);
            assertThat(tuned.generate(Text.of("the sky"), Generation.greedy().maxNewTokens(8))
                            .text())
                    .startsWith(" is blue");
        }
    }

    @Test
    void aModelWithoutAChatTemplateReadsTextsAndSaysWhyNoConversations() {
        try (FineTuned<Text> model = tuner(golden("gpt2-causal-lm")).untrained(Text.class)) {
            assertThat(model.generate(Text.of("the"), Generation.greedy().maxNewTokens(2))
                            .ids())
                    .hasSize(2);
        }
        try (FineTuned<Chat> model = tuner(golden("gpt2-causal-lm")).untrained(Chat.class)) {
            assertThatThrownBy(() -> model.generate(Chat.of().user("late"), Generation.greedy()))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("has no chat template");
        }
    }

    @Test
    void packedRowsHoldEveryTokenOnceAndNoTextIsPredictedFromTheOneBefore() {
        final String[] some = {"perfectly the decay", "weak", "tuning to the early battery again", "on"};
        try (FineTuned<Text> rows = tuner(golden("gpt2-causal-lm")).untrained(Text.class);
                FineTuned<Text> packed = tuner(golden("gpt2-causal-lm"))
                        .maxLength(8)
                        .inputs(LmInputs.packed())
                        .untrained(Text.class)) {
            final List<Example<Text>> examples = texts(some).stream()
                    .map(example -> new Example<Text>(example.input(), example.label()))
                    .toList();
            final int tokens = rows.assembly().encoder().encode(examples).stream()
                    .mapToInt(Encoded::length)
                    .sum();
            final List<Encoded> laid = packed.assembly().encoder().encode(examples);
            assertThat(laid.stream().mapToInt(Encoded::length).sum()).isEqualTo(tokens + some.length);
            assertThat(laid.subList(0, laid.size() - 1)).allMatch(row -> row.length() == 8);
            final HostBatch batch = batch(packed, examples);
            final long ignored = Arrays.stream(
                            ((HostTensor.Longs) batch.columns().get("labels")).data())
                    .filter(label -> label < 0)
                    .count();
            final int padding = laid.size() * 8 - tokens - some.length;
            assertThat(ignored).isEqualTo(some.length + padding);
        }
    }

    @Test
    void textsKeptApartHaveTheLossesOfRowsOfTheirOwn() {
        final Dataset<Text> some = texts("perfectly the decay", "weak bass", "tuning to the early battery again");
        final Dataset<Text> ended = texts(
                "perfectly the decay<|endoftext|>",
                "weak bass<|endoftext|>",
                "tuning to the early battery again<|endoftext|>");
        try (FineTuned<Text> rows = tuner(golden("llama-causal-lm")).untrained(Text.class);
                FineTuned<Text> gpt = tuner(golden("gpt2-causal-lm")).untrained(Text.class);
                FineTuned<Text> apart = tuner(golden("gpt2-causal-lm"))
                        .inputs(LmInputs.packed().keptApart())
                        .untrained(Text.class);
                FineTuned<Text> together = tuner(golden("gpt2-causal-lm"))
                        .inputs(LmInputs.packed())
                        .untrained(Text.class)) {
            final double expected = gpt.evaluate(ended).get("loss");
            assertThat(apart.evaluate(some).get("loss")).isCloseTo(expected, within(1e-5));
            assertThat(together.evaluate(some).get("loss")).isNotCloseTo(expected, within(1e-3));
            assertThat(rows.evaluate(some).get("loss")).isPositive();
        }
    }

    @Test
    void anExampleWhoseAnswerIsCutOffEntirelyIsLeftOut() throws IOException {
        try (FineTuned<Chat> model = tuner(chatty()).maxLength(24).untrained(Chat.class)) {
            final List<Encoded> rows = model.assembly()
                    .encoder()
                    .encode(List.of(
                            new Example<>(
                                    Chat.of()
                                            .user("late and later still, since the early layers were freezing")
                                            .assistant("sorry"),
                                    Label.none()),
                            new Example<>(Chat.of().assistant("sorry"), Label.none())));
            assertThat(rows).hasSize(1);
        }
    }

    @Test
    void aLanguageModelTrainedWithLoraWritesAsItsMergedSelf() {
        final Dataset<Text> some = texts("the sky is blue", "two and two is four");
        try (FineTuned<Text> tuned =
                tuner(golden("llama-causal-lm")).lora(Lora.rank(8)).fit(some, some)) {
            final String before =
                    tuned.generate(Text.of("the sky"), Generation.greedy()).text();
            tuned.mergeAdapter();
            assertThat(tuned.generate(Text.of("the sky"), Generation.greedy()).text())
                    .isEqualTo(before);
        }
    }
}
