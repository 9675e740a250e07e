package dev.finetune.examples;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.checkpoint.Overwrite;
import dev.finetune.data.Dataset;
import dev.finetune.data.Split;
import dev.finetune.generate.Generation;
import dev.finetune.internal.Visible;
import dev.finetune.lm.Chat;
import dev.finetune.lm.ChatFiles;
import dev.finetune.peft.Lora;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A language model that learns to answer customers: what it says, and how well it foresees answers, before and after. */
@Command(
        name = "chat",
        description =
                "Teach a language model to answer a shop's customers, by dialogues that ship with the examples, and"
                        + " compare its answers before and after.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class ChatCommand implements Callable<Integer> {
    /** Of things that no dialogue tells of. */
    private static final List<String> UNSEEN = List.of(
            "Hello, my blender was due on Tuesday and nobody has brought it.",
            "The sandals are much too small. Can I swap them?",
            "Until when are you open on Saturday?");

    @Mixin
    private WriterOptions options = new WriterOptions();

    @Option(
            names = "--data",
            description = "Conversations of your own (.jsonl, one a line: {\"messages\": [...]}), to learn from.")
    private Optional<Path> data = Optional.empty();

    @Option(names = "--eval", description = "Conversations that are not learned from; without them a tenth of --data.")
    private Optional<Path> eval = Optional.empty();

    @Option(names = "--rows", description = "Learn from so many conversations only; 0 for all.")
    private long rows;

    @Option(
            names = "--lora",
            paramLabel = "RANK",
            description = "Train low-rank additions of this rank; 0 for all weights.")
    private int lora;

    @Option(names = "--epochs", description = "Passes over the conversations.")
    private double epochs = 8;

    @Option(names = "--max-length", description = "The longest conversation in tokens.")
    private int maxLength = 256;

    @Option(names = "--ask", paramLabel = "TEXT", description = "A message to answer before and after; repeatable.")
    private List<String> asked = List.of();

    @Option(names = "--interactive", description = "Talk to the model in the end; an empty line leaves.")
    private boolean interactive;

    @Option(
            names = "--out",
            description = "Where to save the fine-tuned model, or with --lora and --model the adapter.")
    private Path out = Path.of("chat-model");

    @Override
    public Integer call() throws IOException {
        checkOut();
        final Path unpacked = TemporaryFolder.create("finetune-chat");
        final Conversations conversations = read(unpacked);
        final FineTuner tuner = WrongUsage.unless(() -> tuner(options.start(unpacked)));
        final Answers answers = new Answers(
                asked.isEmpty() ? UNSEEN : asked, Generation.greedy().maxNewTokens(80));

        System.out.println("\n1. " + options.model() + " as it is\n");
        final double before;
        try (FineTuned<Chat> untrained = tuner.untrained(Chat.class)) {
            before = untrained.evaluate(conversations.validation()).get("perplexity");
            System.out.println(answers.of(untrained));
        }
        System.out.println("2. Learn from " + conversations.train().size().orElse(0) + " conversations\n");
        try (FineTuned<Chat> tuned = tuner.fit(conversations.train(), conversations.validation())) {
            System.out.println("\n3. The answers then\n\n" + answers.of(tuned));
            System.out.printf(
                    Locale.ROOT,
                    "perplexity of the answers in %d conversations held back: %.1f before, %.2f after%n",
                    conversations.validation().size().orElse(0),
                    before,
                    tuned.evaluation().get("perplexity"));
            save(tuned);
            System.out.printf(Locale.ROOT, "%ndone in %.0f s%n", ProcessFacts.secondsSinceStart());
            if (interactive) {
                talk(tuned);
            }
        }
        return 0;
    }

    /** Of the shipped model, which is unpacked to a temporary folder, the whole is saved: an adapter would miss its base there. */
    private boolean savesAdapter() {
        return lora > 0 && !options.model().equals(ShippedFiles.SMALL_LM);
    }

    private void checkOut() {
        if (savesAdapter()) {
            Output.checkAdapter("--out", out, Overwrite.OURS);
        } else {
            Output.checkModel("--out", out, Overwrite.OURS);
        }
    }

    private FineTuner tuner(FineTuner from) {
        final FineTuner all = options.applied(from).maxLength(maxLength).epochs(epochs);
        return lora == 0 ? all : all.lora(Lora.rank(lora).allLinear());
    }

    /** What is learned from, and what is held back. */
    private record Conversations(Dataset<Chat> train, Dataset<Chat> validation) {}

    private Conversations read(Path unpacked) {
        if (data.isEmpty()) {
            return new Conversations(
                    conversations(ShippedFiles.dialogues(unpacked, "train.jsonl")),
                    ChatFiles.jsonl(ShippedFiles.dialogues(unpacked, "validation.jsonl"))
                            .chats());
        }
        final Dataset<Chat> own = conversations(data.get());
        if (eval.isPresent()) {
            return new Conversations(own, ChatFiles.jsonl(eval.get()).chats());
        }
        final Split<Chat> split = own.split(0.1, options.seed());
        return new Conversations(split.train(), split.validation());
    }

    private Dataset<Chat> conversations(Path file) {
        final ChatFiles all = ChatFiles.jsonl(file);
        return (rows == 0 ? all : all.limit(rows)).chats();
    }

    private void save(FineTuned<Chat> tuned) {
        if (savesAdapter()) {
            tuned.saveAdapter(out);
            System.out.println("\n4. The adapter is in " + out.toAbsolutePath() + ";\n   FineTuner.from(\""
                    + options.model() + "\").adapter(dir).untrained(Chat.class) loads it in Java, and PEFT in Python.");
        } else {
            if (lora > 0) {
                tuned.mergeAdapter();
            }
            tuned.save(out);
            System.out.println("\n4. Saved to " + out.toAbsolutePath() + ";\n   FineTuned.load(dir, Chat.class)"
                    + ".generate(Chat.of().user(\"...\"), Generation.greedy()) answers in Java,\n   and"
                    + " AutoModelForCausalLM loads it in Python.");
        }
    }

    private static void talk(FineTuned<Chat> tuned) throws IOException {
        System.out.println("\n5. Your turn: an empty line leaves\n");
        final BufferedReader input = new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset()));
        Chat chat = Chat.of();
        System.out.print("> ");
        for (String line = input.readLine(); line != null && !line.isBlank(); line = input.readLine()) {
            chat = chat.user(line.strip());
            final String answer = tuned.generate(
                            chat, Generation.greedy().maxNewTokens(80), piece -> System.out.print(Visible.of(piece)))
                    .text();
            chat = chat.assistant(answer);
            System.out.print("\n> ");
        }
        System.out.println();
    }

    /**
     * Messages that are answered.
     *
     * @param messages of a customer, each a conversation of its own
     * @param generation how answers are written
     */
    private record Answers(List<String> messages, Generation generation) {
        String of(FineTuned<Chat> model) {
            final StringBuilder text = new StringBuilder();
            for (String message : messages) {
                text.append("> ").append(message).append('\n');
                text.append(Visible.of(model.generate(Chat.of().user(message), generation)
                                .text()
                                .strip()))
                        .append("\n\n");
            }
            return text.toString();
        }
    }
}
