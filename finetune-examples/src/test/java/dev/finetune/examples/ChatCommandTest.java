package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.generate.Generation;
import dev.finetune.lm.Chat;
import dev.finetune.lm.ChatFiles;
import dev.finetune.lm.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChatCommandTest {
    private static final long MOST_BYTES = 8_000_000;

    @TempDir
    private Path folder;

    private CommandLineRun chat(String... more) {
        final List<String> all = new ArrayList<>(List.of(
                "chat", "--out", folder.resolve("out").toString(), "--rows", "16", "--epochs", "1", "--batch", "4"));
        all.addAll(List.of(more));
        return CommandLineRun.of(all.toArray(new String[0])).well();
    }

    @Test
    void answersAndPerplexityAreShownBeforeAndAfterAndTheModelIsSaved() {
        final CommandLineRun run = chat("--ask", "Where is my parcel?");

        assertThat(run.text())
                .contains("small-lm as it is", "Learn from 16 conversations", "FineTuned.load(dir, Chat.class)")
                .containsPattern("in 54 conversations held back: \\d+\\.\\d before, \\d+\\.\\d\\d after");
        assertThat(run.lines().stream().filter("> Where is my parcel?"::equals)).hasSize(2);
        try (FineTuned<Chat> saved = FineTuned.load(folder.resolve("out"), Chat.class)) {
            assertThat(saved.generate(
                                    Chat.of().user("Where is my parcel?"),
                                    Generation.greedy().maxNewTokens(3))
                            .ids())
                    .isNotEmpty();
        }
    }

    private Path ownConversations() throws IOException {
        final Path own = folder.resolve("own.jsonl");
        Files.writeString(
                own,
                "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}, {\"role\": \"assistant\", \"content\": \"Yes.\"}]}\n"
                        .repeat(20));
        return own;
    }

    private static void answers(FineTuned<Chat> model) {
        assertThat(model.generate(Chat.of().user("Hi"), Generation.greedy().maxNewTokens(3))
                        .ids())
                .isNotEmpty();
    }

    @Test
    void anAdapterOfAModelOfOnesOwnIsSavedAlone() throws IOException {
        final Path model = ShippedFiles.languageModel(folder);
        final CommandLineRun run = chat(
                "--model",
                model.toString(),
                "--lora",
                "4",
                "--data",
                ownConversations().toString(),
                "--lr",
                "1e-3");

        assertThat(run.text()).contains("in 2 conversations held back", "The adapter is in ");
        try (FineTuned<Chat> adapted =
                FineTuner.from(model).adapter(folder.resolve("out")).untrained(Chat.class)) {
            answers(adapted);
        }
    }

    @Test
    void ofTheShippedModelTheWholeIsSavedWithWhatAnAdapterLearned() throws IOException {
        final CommandLineRun run =
                chat("--lora", "4", "--data", ownConversations().toString(), "--lr", "1e-3");

        assertThat(run.text()).contains("Saved to ");
        try (FineTuned<Chat> saved = FineTuned.load(folder.resolve("out"), Chat.class)) {
            answers(saved);
        }
    }

    @Test
    void theShippedModelTakesAtMostEightMegabytesAndItsTemplateMarksWhatTheAssistantSays() throws IOException {
        final Path model = ShippedFiles.languageModel(folder);
        try (Stream<Path> files = Files.list(model)) {
            assertThat(files.mapToLong(file -> file.toFile().length()).sum()).isLessThan(MOST_BYTES);
        }
        assertThat(Files.readString(model.resolve("chat_template.jinja"))).contains("generation -%}");
    }

    @Test
    void noMessageOfACustomerStandsInBothPartsOfTheDialoguesAndAnswersAreShort() {
        final Set<String> first = new HashSet<>();
        for (String part : List.of("train.jsonl", "validation.jsonl")) {
            for (var example :
                    ChatFiles.jsonl(ShippedFiles.dialogues(folder, part)).chats()) {
                final List<Message> messages = example.input().messages();
                assertThat(first.add(messages.get(0).content()))
                        .as(messages.toString())
                        .isTrue();
                assertThat(messages.get(messages.size() - 1).content().split(" "))
                        .hasSizeBetween(5, 40);
            }
        }
        assertThat(first).hasSizeGreaterThanOrEqualTo(500);
    }
}
