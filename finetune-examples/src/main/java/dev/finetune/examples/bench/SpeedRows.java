package dev.finetune.examples.bench;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Text;
import dev.finetune.examples.ShippedFiles;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import dev.finetune.vision.Image;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The rows of the speed table, and the models that they start from: random weights, the same for both sides. */
final class SpeedRows {
    private final Path folder;
    private final Path train;
    private final Path evaluation;
    private final Optional<Path> pictures;
    private final boolean gpu;
    private final List<String> compute;
    private final boolean quick;

    /**
     * The rows.
     *
     * @param gpu whether steps take the GPU
     * @param dtype how precisely they compute, as PyTorch names it
     */
    SpeedRows(
            Path folder,
            Path train,
            Path evaluation,
            Optional<Path> pictures,
            boolean gpu,
            String dtype,
            boolean quick) {
        this.folder = folder;
        this.train = train;
        this.evaluation = evaluation;
        this.pictures = pictures;
        this.gpu = gpu;
        this.compute = List.of("--device", gpu ? "cuda" : "cpu", "--dtype", dtype);
        this.quick = quick;
    }

    List<SpeedRow> all() throws IOException {
        final List<SpeedRow> rows = new ArrayList<>(withoutPictures());
        if (pictures.isPresent()) {
            rows.add(frozenResNet(pictures.get()));
        }
        return rows;
    }

    private List<SpeedRow> withoutPictures() throws IOException {
        final Path tiny = model("tiny", 128, 2, 2);
        final Path base = quick ? tiny : model("base", 768, 12, 12);
        final List<String> shape = quick
                ? List.of("--layers", "2", "--hidden", "64", "--heads", "2", "--seq", "16", "--steps", "3")
                : steps("3");
        final Path minilm = minilm("minilm", Heads.classes("0", "1"));
        final String layers = quick ? "1" : "8";
        final String some = quick ? "64" : "200";
        final List<SpeedRow> rows = new ArrayList<>();
        for (String family : List.of("xlm-roberta", "mpnet", "albert", "modernbert", "deberta-v2")) {
            rows.add(step(
                    family + "-base step",
                    1.2,
                    "bert-step",
                    "encoder_step_peer.py",
                    with(shape, "--family", family),
                    List.of(List.of())));
        }
        rows.addAll(List.of(
                step("bert-base step", 1.2, "bert-step", "bert_step.py", shape, List.of(List.of())),
                step(
                        "8 of 12 layers frozen, step",
                        1.2,
                        "bert-step",
                        "bert_step.py",
                        with(shape, "--freeze", layers),
                        List.of(List.of())),
                step(
                        "LoRA of rank 8, step",
                        1,
                        "bert-step",
                        "lora_step_peer.py",
                        with(shape, "--lora", "8"),
                        List.of(List.of())),
                job("whole job, bert-tiny, 8,000 rows", 2.5, tiny, "--epochs", "3", "--limit", quick ? "64" : "8000"),
                job(
                        "whole job, bert-base, 800 rows",
                        2.5,
                        base,
                        tenth(),
                        "--epochs",
                        "3",
                        "--limit",
                        quick ? "64" : "800"),
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
                        quick ? List.of("--batch", "2", "--size", "64", "--steps", "2") : steps("4"),
                        List.of(List.of("--channels-last", "0"), List.of("--channels-last", "1"))),
                job("one step, from start to saved model", 1, tiny, "--epochs", "1", "--limit", "32"),
                job(
                        "all-MiniLM, 5,000 short texts, whole job",
                        2.5,
                        minilm,
                        tenth(),
                        "--epochs",
                        "3",
                        "--limit",
                        quick ? "64" : "5000"),
                saved(
                        "all-MiniLM, prediction, one sentence at a time",
                        1.1,
                        "predict",
                        "predict_peer.py",
                        minilm,
                        "--count",
                        quick ? "64" : "1024"),
                saved(
                        "all-MiniLM, prediction, batches of 32",
                        2,
                        "predict",
                        "predict_peer.py",
                        minilm,
                        "--batch",
                        "32",
                        "--count",
                        quick ? "64" : "8192"),
                vectors(quick ? "64" : "13312"),
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
                        "1024")));
        return rows;
    }

    /** A real encoder of 6 layers of 384, from its jar. */
    private Path minilm(String name, Head head) {
        final Path saved = folder.resolve(name);
        try (FineTuned<Text> encoder =
                FineTuner.from("all-minilm-l6-v2").head(head).untrained(Text.class)) {
            encoder.save(saved);
        }
        return saved;
    }

    /** A quarter of the texts comes before the clock starts. */
    private SpeedRow vectors(String count) {
        final List<String> options = List.of(
                "--model",
                minilm("minilm-vectors", Heads.features(Pooling.MEAN)).toString(),
                "--text",
                train.toString(),
                "--batch",
                "32",
                "--count",
                count,
                "--vectors");
        return rate(
                "all-MiniLM, vectors of 10,000 texts in one call",
                2,
                "predict",
                "predict_peer.py",
                options,
                List.of(List.of()));
    }

    /** A GPU takes a hundredth of the time, and both sides are slow at first. */
    private List<String> steps(String onCpu) {
        return gpu ? List.of("--steps", "50", "--warmup", "20") : List.of("--steps", onCpu);
    }

    private SpeedRow step(
            String name, double bar, String command, String script, List<String> options, List<List<String>> ways) {
        return rate(name, bar, command, script, with(options, compute.toArray(new String[0])), ways);
    }

    private static SpeedRow rate(
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
        return rate(name, bar, command, script, all, List.of(List.of()));
    }

    /** A tenth of the rows to evaluate on, for a tenth of the job of 8,000 rows. */
    private Path tenth() throws IOException {
        final List<String> lines = Files.readAllLines(evaluation);
        return Files.write(folder.resolve("tenth.tsv"), lines.subList(0, 1 + Math.max(1, (lines.size() - 1) / 10)));
    }

    private SpeedRow job(String name, double bar, Path model, String... options) {
        return job(name, bar, model, evaluation, options);
    }

    private SpeedRow job(String name, double bar, Path model, Path evaluated, String... options) {
        final List<String> all = with(
                List.of(
                        "--model",
                        model.toString(),
                        "--train",
                        train.toString(),
                        "--eval",
                        evaluated.toString(),
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

    private SpeedRow frozenResNet(Path folders) throws IOException {
        final List<String> options = List.of(
                "--model",
                resnet().toString(),
                "--train",
                folders.resolve("train").toString(),
                "--eval",
                folders.resolve("val").toString(),
                "--epochs",
                quick ? "2" : "10",
                "--limit",
                quick ? "8" : "200",
                "--batch",
                "32",
                "--lr",
                "1e-3");
        return new SpeedRow(
                "resnet-50 frozen, 200 photos, 10 epochs",
                6,
                true,
                "images",
                with(
                        options,
                        "--head-only",
                        "--out",
                        folder.resolve("ours-pictures").toString()),
                "frozen_resnet_peer.py",
                List.of(with(options, "--out", folder.resolve("peer-pictures").toString())));
    }

    /** A ResNet-50 with random weights; a ResNet of the same kind with two small stages in a hurry. */
    private Path resnet() throws IOException {
        final Path plan = Files.createDirectories(folder.resolve("resnet-plan"));
        Files.writeString(plan.resolve("config.json"), quick ? """
                        {"model_type": "resnet", "layer_type": "bottleneck", "embedding_size": 8,
                         "hidden_sizes": [16, 32], "depths": [1, 1], "downsample_in_first_stage": false}
                        """ : """
                        {"model_type": "resnet", "layer_type": "bottleneck", "embedding_size": 64,
                         "hidden_sizes": [256, 512, 1024, 2048], "depths": [3, 4, 6, 3],
                         "downsample_in_first_stage": false}
                        """);
        Files.writeString(plan.resolve("preprocessor_config.json"), """
                {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 224}, "crop_pct": 0.875,
                 "resample": 3, "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
                """);
        final Path saved = folder.resolve("resnet");
        try (FineTuned<Image> random = FineTuner.from(plan)
                .initialization(i -> i.randomWeights(true))
                .head("0", "1")
                .untrained(Image.class)) {
            random.save(saved);
        }
        return saved;
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
        try (FineTuned<Text> random = FineTuner.from(plan)
                .initialization(i -> i.randomWeights(true))
                .head("0", "1")
                .untrained(Text.class)) {
            random.save(saved);
        }
        return saved;
    }
}
