package dev.finetune.examples.pretrain;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.checkpoint.Overwrite;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.examples.Output;
import dev.finetune.examples.StopSignals;
import dev.finetune.examples.TemporaryFolder;
import dev.finetune.examples.WrongUsage;
import dev.finetune.head.Head;
import dev.finetune.report.ConsoleProgress;
import dev.finetune.train.Schedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Pretrains a small BERT from nothing: learns a vocabulary, then fills masked words; or goes on with one on other text.
 * The encoder that the examples ship was made by this command; its options are in the README.md beside it.
 */
@Command(
        name = "pretrain",
        description = "Pretrain a small BERT encoder on plain text with masked-language modelling.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class PretrainCommand implements Callable<Integer> {
    private static final int WORDS_PER_ROW = 44;

    @Mixin
    private PlainText text = new PlainText();

    @Option(names = "--out", required = true, description = "Where to save the encoder.")
    private Path out = Path.of("encoder");

    @Option(names = "--vocabulary", description = "Entries of the vocabulary.")
    private int vocabulary = 6000;

    @Option(names = "--layers", description = "Encoder layers.")
    private int layers = 4;

    @Option(names = "--hidden", description = "Width of the encoder.")
    private int hidden = 128;

    @Option(names = "--heads", description = "Attention heads a layer.")
    private int heads = 2;

    @Option(names = "--from", description = "An encoder to go on with, its vocabulary and shape kept.")
    private Optional<Path> from = Optional.empty();

    @Option(names = "--mask-rate", description = "Share of the tokens that are hidden.")
    private double maskRate = 0.15;

    @Option(names = "--whole-words", description = "Hide whole words rather than tokens.")
    private boolean wholeWords;

    @Option(names = "--max-length", description = "Tokens a row.")
    private int maxLength = 64;

    @Option(names = "--batch", description = "Rows a batch.")
    private int batch = 64;

    @Option(names = "--lr", description = "Peak learning rate.")
    private double learningRate = 1e-3;

    @Option(names = "--steps", description = "Optimizer steps; 0 for what the epochs make.")
    private long steps = 10_000;

    @Option(names = "--epochs", description = "Passes over the text, with --steps 0.")
    private double epochs = 1;

    @Option(names = "--minutes", description = "Stop after so many minutes, 0 for no limit.")
    private long minutes;

    @Option(names = "--seed", description = "Seed of everything random.")
    private long seed = 42;

    @Override
    public Integer call() throws Exception {
        return StopSignals.during(this::run);
    }

    private boolean run() throws IOException {
        Output.checkModel("--out", out, Overwrite.OURS);
        final List<String> rows = new ArrayList<>();
        text.paragraphs(paragraph -> cut(paragraph, rows));
        System.out.println(rows.size() + " rows of text");
        final Path start = from.isPresent() ? from.get() : TemporaryFolder.create("finetune-pretrain");
        if (from.isEmpty()) {
            writeTokenizer(rows, start);
            writeConfig(start);
        }
        final List<Example<Text>> examples = new ArrayList<>();
        rows.forEach(row -> examples.add(new Example<>(Text.of(row), Label.none())));
        final int held = Math.min(2000, examples.size() / 20);
        java.util.Collections.shuffle(examples, new java.util.Random(seed));
        final FineTuner empty = FineTuner.from(start);
        final FineTuner endless =
                WrongUsage.unless(() -> (from.isPresent() ? empty : empty.initialization(i -> i.randomWeights(true)))
                        .regularization(r -> r.dropout(0))
                        .head(new Head.MaskedLm(maskRate, wholeWords))
                        .maxLength(maxLength)
                        .batchSize(batch)
                        .evaluation(e -> e.batchSize(128))
                        .lr(learningRate)
                        .schedule(Schedule.linear().withWarmupRatio(0.06))
                        .weightDecay(0.01)
                        .maxSteps(steps)
                        .epochs(epochs)
                        .evaluation(e -> e.everySteps(1000))
                        .seed(seed)
                        .listener(ConsoleProgress.create()));
        final FineTuner tuner = minutes > 0 ? endless.maxTime(Duration.ofMinutes(minutes)) : endless;
        final Dataset<Text> training = Dataset.of(Text.class, examples.subList(held, examples.size()));
        final Dataset<Text> validation = Dataset.of(Text.class, examples.subList(0, held));
        try (FineTuned<Text> encoder = tuner.fit(training, validation)) {
            encoder.save(out);
            Output.saved(out, encoder, metrics -> metrics.get("perplexity") + " perplexity on rows held back");
        }
        return true;
    }

    /** Rows of some 44 words. */
    private static void cut(String paragraph, List<String> rows) {
        final String[] words = paragraph.split("\\s+");
        for (int start = 0; start < words.length; start += WORDS_PER_ROW) {
            final int end = Math.min(words.length, start + WORDS_PER_ROW);
            if (end - start > 2) {
                rows.add(String.join(" ", List.of(words).subList(start, end)));
            }
        }
    }

    private void writeTokenizer(List<String> rows, Path start) throws IOException {
        final WordPieceLearner learner = new WordPieceLearner();
        rows.forEach(learner::add);
        Files.write(start.resolve("vocab.txt"), learner.learn(vocabulary, 3));
        final JsonObject config = new JsonObject();
        config.addProperty("tokenizer_class", "BertTokenizer");
        config.addProperty("do_lower_case", true);
        config.addProperty("model_max_length", 128);
        write(start.resolve("tokenizer_config.json"), config);
    }

    private void writeConfig(Path start) throws IOException {
        final JsonObject config = new JsonObject();
        final JsonArray architectures = new JsonArray();
        architectures.add("BertForMaskedLM");
        config.add("architectures", architectures);
        config.addProperty("model_type", "bert");
        config.addProperty(
                "vocab_size", Files.readAllLines(start.resolve("vocab.txt")).size());
        config.addProperty("hidden_size", hidden);
        config.addProperty("num_hidden_layers", layers);
        config.addProperty("num_attention_heads", heads);
        config.addProperty("intermediate_size", 4 * hidden);
        config.addProperty("hidden_act", "gelu");
        config.addProperty("hidden_dropout_prob", 0.1);
        config.addProperty("attention_probs_dropout_prob", 0.1);
        config.addProperty("max_position_embeddings", 128);
        config.addProperty("type_vocab_size", 2);
        config.addProperty("initializer_range", 0.02);
        config.addProperty("layer_norm_eps", 1e-12);
        config.addProperty("pad_token_id", 0);
        write(start.resolve("config.json"), config);
    }

    private static void write(Path file, JsonObject json) throws IOException {
        Files.writeString(file, new GsonBuilder().setPrettyPrinting().create().toJson(json) + "\n");
    }
}
