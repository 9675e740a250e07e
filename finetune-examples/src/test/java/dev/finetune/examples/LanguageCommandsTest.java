package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.record.FitRecord;
import dev.finetune.record.Setting;
import dev.finetune.testkit.TinyModels;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands lm and generate, on a tiny GPT-2. */
class LanguageCommandsTest {
    @TempDir
    static Path folder;

    private static CommandLineRun trained = new CommandLineRun(1, List.of(), "");

    @BeforeAll
    static void train() throws IOException {
        TinyModels.gpt2(folder.resolve("gpt2"));
        Files.writeString(folder.resolve("chats.jsonl"), """
                {"messages": [{"role": "user", "content": "late"}, {"role": "assistant", "content": "sorry"}]}
                {"messages": [{"role": "user", "content": "good"}, {"role": "assistant", "content": "thanks"}]}
                """);
        Files.writeString(
                folder.resolve("completions.jsonl"), "{\"prompt\": \"late\", \"completion\": \" sorry\"}\n".repeat(12));
        Files.writeString(folder.resolve("pairs.jsonl"), """
                {"prompt": [{"role": "user", "content": "late"}], "chosen": [{"role": "assistant", "content": "sorry"}], "rejected": [{"role": "assistant", "content": "what"}]}
                {"prompt": [{"role": "user", "content": "good"}], "chosen": [{"role": "assistant", "content": "thanks"}], "rejected": [{"role": "assistant", "content": "what"}]}
                """);
        Files.writeString(
                folder.resolve("answers.jsonl"),
                "{\"prompt\": \"the sky is\", \"chosen\": \" blue\", \"rejected\": \" wet\"}\n".repeat(4));
        Files.writeString(folder.resolve("texts.jsonl"), "{\"text\": \"once there was a mouse\"}\n".repeat(12));
        trained = lm(
                        "chats.jsonl",
                        "--eval",
                        file("chats.jsonl"),
                        "--epochs",
                        "40",
                        "--batch",
                        "2",
                        "--lr",
                        "1e-2",
                        "--max-new-tokens",
                        "12",
                        "--out",
                        file("tuned"))
                .well();
    }

    private static String file(String name) {
        return folder.resolve(name).toString();
    }

    private static CommandLineRun lm(String train, String... more) {
        final List<String> all = new ArrayList<>(
                List.of("lm", "--model", file("gpt2"), "--train", file(train), "--device", "cpu", "--seed", "5"));
        all.addAll(List.of(more));
        return CommandLineRun.of(all.toArray(new String[0]));
    }

    private static CommandLineRun generate(String... more) {
        final List<String> all = new ArrayList<>(List.of("generate", "--model", file("tuned"), "--device", "cpu"));
        all.addAll(List.of(more));
        return CommandLineRun.of(all.toArray(new String[0]));
    }

    @Test
    void chatsAreLearnedAndShownBeforeAndAfter() throws IOException {
        assertThat(trained.text()).contains("prompt  user: late", "data    sorry", "after   sorry", "after   thanks");
        assertThat(trained.json().get("what").getAsString()).isEqualTo("lm");
        assertThat(trained.json().getAsJsonObject("evaluation").has("perplexity"))
                .isTrue();
        final FitRecord fit = FitRecord.read(folder.resolve("tuned"));
        assertThat(fit.samples().orElseThrow().after().orElseThrow().get("exact_match"))
                .isEqualTo(1);
        assertThat(fit.outcomes().rule()).contains("isn't right or wrong row by row");
        assertThat(Files.readString(folder.resolve("tuned").resolve("report.html")))
                .contains("What it writes", "after training");
    }

    @Test
    void promptsOfTheCommandLineAreAnswered() {
        assertThat(generate("--chat", "--prompt", "late", "--prompt", "good", "--greedy")
                        .well()
                        .lines())
                .containsExactly("sorry", "thanks");
        assertThat(generate("--chat", "--prompt", "late", "--beams", "2").well().lines())
                .containsExactly("sorry");
        final JsonObject json = JsonParser.parseString(
                        generate("--chat", "--prompt", "late", "--json", "--max-new-tokens", "3")
                                .well()
                                .text())
                .getAsJsonObject();
        assertThat(json.get("text").getAsString()).isEqualTo("sor");
        assertThat(json.get("end").getAsString()).isEqualTo("MAX_NEW_TOKENS");
    }

    @Test
    void promptsOfAFileAndOfStandardInputAreAnswered() throws IOException {
        Files.writeString(folder.resolve("prompts.txt"), "late\n\ngood\n");
        assertThat(generate("--chat", "--file", file("prompts.txt")).well().lines())
                .containsExactly("sorry", "thanks");
        final InputStream before = System.in;
        try {
            System.setIn(new ByteArrayInputStream("good\nlate\n".getBytes(StandardCharsets.UTF_8)));
            assertThat(generate("--chat").well().lines()).containsExactly("thanks", "sorry");
        } finally {
            System.setIn(before);
        }
    }

    @Test
    void whatIsDrawnIsTheSameForTheSameSeed() {
        final String[] drawn = {"--prompt", "late", "--temperature", "2", "--top-p", "0.9", "--seed", "7"};
        assertThat(generate(drawn).well().lines())
                .isEqualTo(generate(drawn).well().lines());
    }

    @Test
    void preferencesAreLearnedFromChatsAndFromTexts() throws IOException {
        final CommandLineRun dpo = lm(
                        "pairs.jsonl",
                        "--eval",
                        file("pairs.jsonl"),
                        "--lora",
                        "4",
                        "--base",
                        "nf4",
                        "--lr",
                        "1e-2",
                        "--epochs",
                        "10",
                        "--samples",
                        "2",
                        "--max-new-tokens",
                        "4",
                        "--adapter-out",
                        file("preferring"))
                .well();
        assertThat(dpo.json()
                        .getAsJsonObject("evaluation")
                        .get("reward_accuracy")
                        .getAsDouble())
                .isEqualTo(1);
        assertThat(dpo.json().get("train_samples").getAsInt()).isEqualTo(2);
        assertThat(dpo.text()).contains("prompt  user: late", "data    sorry");
        final FitRecord fit = FitRecord.read(folder.resolve("preferring"));
        assertThat(fit.settings().stream().map(Setting::value)).contains("DPO, beta 0.1", "4 bits (NF4)");
        assertThat(CommandLineRun.of(
                                "generate",
                                "--model",
                                file("gpt2"),
                                "--adapter",
                                file("preferring"),
                                "--base",
                                "nf4_double",
                                "--chat",
                                "--prompt",
                                "late",
                                "--max-new-tokens",
                                "3")
                        .well()
                        .lines())
                .isNotEmpty();
        final CommandLineRun orpo = lm(
                        "answers.jsonl", "--orpo", "0.2", "--max-steps", "2", "--samples", "0", "--out", file("orpo"))
                .well();
        assertThat(orpo.json().getAsJsonObject("evaluation").has("reward_margin"))
                .isTrue();
        assertThat(FitRecord.read(folder.resolve("orpo")).settings().stream().map(Setting::value))
                .contains("ORPO, lambda 0.2", "5e-6");
    }

    @Test
    void batchesAreSmallerThanThoseOfClassifiers() {
        assertThat(CommandLineRun.of("lm", "--help").text())
                .containsPattern("--batch=N[^-]*Default: 8\\n")
                .containsPattern("--eval-batch=[^-]*Default: 8\\n")
                .doesNotContain("--balanced");
        assertThat(CommandLineRun.of("text", "--help").text())
                .containsPattern("--batch=N[^-]*Default: 32\\n")
                .contains("--balanced");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "pairs.jsonl | --dpo 0 | beta must be a number above 0",
                "pairs.jsonl | --dpo 0.1 --orpo 0.1 | --dpo and --orpo are two ways",
                "pairs.jsonl | --orpo 0.1 --dpo-label-smoothing 0.1 | --dpo-label-smoothing goes with --dpo",
                "pairs.jsonl | --dpo-label-smoothing 0.5 | from 0 to below 0.5",
                "pairs.jsonl | --packed | an answer that is compared with another one is a row of its own",
                "chats.jsonl | --dpo 0.1 | --train holds none: expected rows with prompt, chosen and rejected",
                "chats.jsonl | --base nf4 | give --lora RANK or --ia3, too",
                "chats.jsonl | --base nf4 --lora 2 --out x | save what is learned with --adapter-out",
                "chats.jsonl | --base int3 --lora 2 | int3",
                "chats.jsonl | --balanced | Unknown option: '--balanced'"
            })
    void whatCannotBeMeantOfPreferencesAndBasesIsRefusedWithStatusTwo(String train, String options, String told) {
        final CommandLineRun run = lm(train, options.split(" "));
        assertThat(run.status()).as(run.errors()).isEqualTo(2);
        assertThat(run.errors()).contains(told);
    }

    @Test
    void learningFromPreferencesIsTriedOutBeforeItRuns() {
        final CommandLineRun dry = lm("pairs.jsonl", "--dry-run", "--lora", "2").well();
        assertThat(dry.text()).contains("loss 0.6931").contains("\"what\":\"dry_run\"");
        final CommandLineRun described =
                lm("pairs.jsonl", "--describe", "--orpo", "0.1").well();
        assertThat(described.text()).contains("preferences: ORPO").contains("\"what\":\"describe\"");
    }

    @Test
    void completionsTextsAndAdaptersAreLearned() {
        lm("completions.jsonl", "--max-steps", "1", "--samples", "0", "--lora", "2", "--adapter-out", file("adapter"))
                .well();
        assertThat(CommandLineRun.of(
                                "generate",
                                "--model",
                                file("gpt2"),
                                "--adapter",
                                file("adapter"),
                                "--prompt",
                                "late",
                                "--device",
                                "cpu",
                                "--max-new-tokens",
                                "3")
                        .well()
                        .lines())
                .isNotEmpty();
        assertThat(lm(
                                "texts.jsonl",
                                "--packed",
                                "--kept-apart",
                                "--max-length",
                                "64",
                                "--max-steps",
                                "1",
                                "--samples",
                                "1")
                        .well()
                        .text())
                .contains("prompt  once there", "data    was a mouse");
        assertThat(lm("texts.jsonl", "--dry-run").well().json().get("what").getAsString())
                .isEqualTo("dry_run");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--kept-apart | --kept-apart is about texts that share a row",
                "--rows poems | --rows poems: expected one of chats, completions, preferences, completion-preferences, texts.",
                "--samples -1 | --samples -1: expected at least 0",
                "--head classes | --head classes: expected causal-lm or seq2seq-lm.",
                "--max-target 9 | --max-target goes with --head seq2seq-lm",
                "--head seq2seq-lm --max-target 1 | at least 2 tokens",
                "--limit -3 | --limit -3: expected at least 0"
            })
    void whatCannotBeMeantIsRefusedWithStatusTwo(String options, String told) {
        final CommandLineRun run = lm("texts.jsonl", options.split(" "));
        assertThat(run.status()).as(run.errors()).isEqualTo(2);
        assertThat(run.errors()).contains(told);
    }

    @Test
    void rowsOfAnotherShapeAreRefusedWithStatusTwo() throws IOException {
        Files.writeString(folder.resolve("other.jsonl"), "{\"question\": \"who?\"}\n");
        final CommandLineRun run = lm("other.jsonl");
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.errors()).contains("the first row has the keys [question]; expected messages");
    }

    @Test
    void rowsWithoutRoomForSamplesAreToldHowToGoOnWithoutThem() {
        final CommandLineRun run = lm("chats.jsonl", "--eval", file("chats.jsonl"), "--max-new-tokens", "1000");
        assertThat(run.status()).isNotZero();
        assertThat(run.errors()).contains("none of the 2 validation rows").contains("or say --samples 0.");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--greedy --beams 2 | are three ways to write",
                "--temperature 0 | The temperature is above 0, not 0.0.",
                "--max-new-tokens 0 | is 1 at least, not 0.",
                "--system kind | --system goes with --chat.",
                "--prompt a --file b.txt | --prompt and --file are two ways",
                "--top-p 3 | lies between 0 and 1"
            })
    void howToWriteThatCannotBeMeantIsRefusedWithStatusTwo(String options, String told) {
        final CommandLineRun run = generate(options.split(" "));
        assertThat(run.status()).as(run.errors()).isEqualTo(2);
        assertThat(run.errors()).contains(told);
    }

    @Test
    void aModelThatSearchesWithBeamsByItselfWritesItsTextsWhole() throws IOException {
        final Path model = Files.createDirectories(folder.resolve("beams"));
        try (Stream<Path> files = Files.list(folder.resolve("gpt2"))) {
            for (Path each : files.toList()) {
                Files.copy(each, model.resolve(each.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        Files.writeString(model.resolve("generation_config.json"), "{\"num_beams\": 2, \"max_new_tokens\": 3}");
        final CommandLineRun run = CommandLineRun.of("generate", "--model", model.toString(), "--prompt", "late")
                .well();
        assertThat(run.text())
                .isEqualTo(
                        CommandLineRun.of("generate", "--model", model.toString(), "--prompt", "late", "--beams", "2")
                                .well()
                                .text());
    }

    @Test
    void aFileWithoutPromptsOrInAnotherEncodingIsRefused() throws IOException {
        Files.writeString(folder.resolve("blank.txt"), "\n  \n");
        final CommandLineRun blank = generate("--file", file("blank.txt"));
        assertThat(blank.status()).isNotZero();
        assertThat(blank.errors()).contains("blank.txt holds no prompt");
        Files.write(folder.resolve("latin.txt"), "gr\u00fcn\n".getBytes(StandardCharsets.ISO_8859_1));
        final CommandLineRun latin = generate("--file", file("latin.txt"));
        assertThat(latin.status()).isNotZero();
        assertThat(latin.errors()).contains("latin.txt isn't in UTF-8");
    }

    @Test
    void aModelThatIsNotThereOrADocumentThatIsMissingFails() {
        assertThat(CommandLineRun.of("generate", "--model", file("nothing-here"), "--prompt", "a")
                        .status())
                .isEqualTo(1);
        final CommandLineRun run = generate("--file", file("nothing.txt"));
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.errors()).contains("there is no such file");
    }

    @Test
    void benchmarksOfLanguageModelsRefuseWhatDoesNothing() {
        for (String options : List.of("--base bfloat16", "--base bfloat16 --lora 8", "--base int3", "--family t6")) {
            final List<String> all = new ArrayList<>(List.of("bench", "lm-step"));
            all.addAll(List.of(options.split(" ")));
            final CommandLineRun run = CommandLineRun.of(all.toArray(new String[0]));
            assertThat(run.status()).as(options).isEqualTo(2);
            assertThat(run.errors()).as(options).contains("--");
        }
        final CommandLineRun encoder = CommandLineRun.of("bench", "bert-step", "--family", "t6");
        assertThat(encoder.status()).isEqualTo(2);
        assertThat(encoder.errors()).contains("--family t6: there are bert");
    }
}
