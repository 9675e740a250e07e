package dev.finetune.examples.bench;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Text;
import dev.finetune.examples.ShippedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The rows of the speed table, and the models that they start from: random weights, the same for both sides. */
final class SpeedRows {
    private final Path folder;
    private final Path train;
    private final Path evaluation;
    private final boolean quick;

    SpeedRows(Path folder, Path train, Path evaluation, boolean quick) {
        this.folder = folder;
        this.train = train;
        this.evaluation = evaluation;
        this.quick = quick;
    }

    List<SpeedRow> all() throws IOException {
        final Path tiny = model("tiny", 128, 2, 2);
        final Path base = quick ? tiny : model("base", 768, 12, 12);
        final List<String> shape = quick
                ? List.of("--layers", "2", "--hidden", "64", "--heads", "2", "--seq", "16", "--steps", "3")
                : List.of("--steps", "3");
        final String layers = quick ? "1" : "8";
        final String some = quick ? "64" : "200";
        return List.of(
                step("bert-base step", 1.2, "bert-step", "bert_step.py", shape, List.of(List.of())),
                step(
                        "8 of 12 layers frozen, step",
                        1.2,
                        "bert-step",
                        "bert_step.py",
                        with(shape, "--freeze", layers),
                        List.of(List.of())),
                job("whole job, bert-tiny, 8,000 rows", 2.5, tiny, "--epochs", "3", "--limit", quick ? "64" : "8000"),
                job("whole job, bert-base, 200 rows", 2.5, base, "--epochs", "3", "--limit", some),
                job(
                        "8 of 12 layers frozen, whole job",
                        2.5,
                        base,
                        "--epochs",
                        "3",
                        "--limit",
                        some,
                        "--freeze",
                        layers),
                job(
                        "head and pooler alone, 10 epochs",
                        8,
                        base,
                        "--epochs",
                        "10",
                        "--limit",
                        some,
                        "--freeze",
                        quick ? "2" : "12"),
                step(
                        "resnet-50 step",
                        1.25,
                        "resnet-step",
                        "resnet_step.py",
                        quick ? List.of("--batch", "2", "--size", "64", "--steps", "2") : List.of("--steps", "4"),
                        List.of(List.of("--channels-last", "0"), List.of("--channels-last", "1"))),
                job("one step, from start to saved model", 1, tiny, "--epochs", "1", "--limit", "32"),
                saved("tokenization", 1, "tokenize", "tokenize_peer.py", tiny, "--count", quick ? "1000" : "100000"),
                saved("prediction, one sentence at a time", 1.1, "predict", "predict_peer.py", base),
                saved(
                        "prediction, batches of 32",
                        1.1,
                        "predict",
                        "predict_peer.py",
                        base,
                        "--batch",
                        "32",
                        "--count",
                        "1024"));
    }

    private static SpeedRow step(
            String name, double bar, String command, String script, List<String> options, List<List<String>> ways) {
        return new SpeedRow(
                name,
                bar,
                false,
                "bench",
                Stream.concat(Stream.of(command), options.stream()).toList(),
                script,
                ways.stream()
                        .map(way -> with(options, way.toArray(new String[0])))
                        .toList());
    }

    private SpeedRow saved(String name, double bar, String command, String script, Path model, String... options) {
        final List<String> all = with(List.of("--model", model.toString(), "--text", train.toString()), options);
        return step(name, bar, command, script, all, List.of(List.of()));
    }

    private SpeedRow job(String name, double bar, Path model, String... options) {
        final List<String> all = with(
                List.of(
                        "--model",
                        model.toString(),
                        "--train",
                        train.toString(),
                        "--eval",
                        evaluation.toString(),
                        "--batch",
                        "32",
                        "--lr",
                        "3e-4",
                        "--max-length",
                        "128"),
                options);
        return new SpeedRow(
                name,
                bar,
                true,
                "text",
                with(all, "--out", folder.resolve("ours").toString()),
                "bert_trainer.py",
                List.of(with(all, "--out", folder.resolve("peer").toString())));
    }

    private static List<String> with(List<String> options, String... more) {
        return Stream.concat(options.stream(), Stream.of(more)).toList();
    }

    /** A BERT of this shape with random weights and the shipped encoder's vocabulary. */
    private Path model(String name, int hidden, int layers, int heads) throws IOException {
        final Path shipped = ShippedFiles.encoder(folder);
        final Path plan = Files.createDirectories(folder.resolve(name + "-plan"));
        final List<String> tokenizer = new ArrayList<>(List.of("tokenizer.json", "tokenizer_config.json", "vocab.txt"));
        for (String file : tokenizer) {
            Files.copy(shipped.resolve(file), plan.resolve(file));
        }
        final JsonObject config = JsonParser.parseString(Files.readString(shipped.resolve("config.json")))
                .getAsJsonObject();
        config.addProperty("hidden_size", hidden);
        config.addProperty("num_hidden_layers", layers);
        config.addProperty("num_attention_heads", heads);
        config.addProperty("intermediate_size", 4 * hidden);
        Files.writeString(plan.resolve("config.json"), config.toString());
        final Path saved = folder.resolve(name);
        try (FineTuned<Text> random =
                FineTuner.from(plan).randomWeights().head("0", "1").untrained(Text.class)) {
            random.save(saved);
        }
        return saved;
    }
}
