package dev.finetune.examples;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.FinetuneException;
import dev.finetune.Freeze;
import dev.finetune.Head;
import dev.finetune.Heads;
import dev.finetune.Prediction;
import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.train.DeviceChoice;
import dev.finetune.train.EpochReport;
import dev.finetune.train.Precision;
import dev.finetune.train.Schedule;
import dev.finetune.train.TrainingHistory;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Fine-tunes any text model on any files; its last line is one JSON object. */
@Command(
        name = "text",
        description = "Fine-tune a model directory or id on TSV, CSV, JSON Lines, CoNLL or SQuAD files.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class TextCommand implements Callable<Integer> {
    @Option(names = "--model", required = true, description = "A model directory, or a Hugging Face model id.")
    private String model = "";

    @Mixin
    private TextData data = new TextData();

    @Option(names = "--epochs", description = "Passes over the training data.")
    private double epochs = 3;

    @Option(names = "--batch", description = "Rows in a batch.")
    private int batch = 32;

    @Option(names = "--eval-batch", description = "Rows in an evaluation batch.")
    private int evaluationBatch = 64;

    @Option(names = "--lr", description = "Peak learning rate.")
    private double learningRate = 5e-5;

    @Option(names = "--seed", description = "Seed of everything random.")
    private long seed = 42;

    @Option(names = "--max-length", description = "The longest input in tokens.")
    private int maxLength = 128;

    @Option(names = "--freeze", description = "Freeze the embeddings and the first K layers; -1 freezes nothing.")
    private int freeze = -1;

    @Option(names = "--head-only", description = "Freeze everything but the head.")
    private boolean headOnly;

    @Option(
            names = "--schedule",
            description =
                    "linear, cosine, cosine_with_restarts, polynomial, constant, constant_with_warmup or inverse_sqrt.")
    private String schedule = "linear";

    @Option(names = "--warmup", description = "Warm-up steps; below 1, their share of all steps.")
    private double warmup;

    @Option(names = "--weight-decay", description = "Decoupled weight decay, none on biases and norms.")
    private double weightDecay;

    @Option(names = "--accumulate", description = "Batches per optimizer step.")
    private int accumulate = 1;

    @Option(names = "--max-grad-norm", description = "Gradients are clipped to this norm; 0 for no clipping.")
    private double maxGradientNorm = 1;

    @Option(names = "--label-smoothing", description = "Share of the target spread over all classes.")
    private double labelSmoothing;

    @Option(names = "--balanced", description = "Weigh classes by the inverse of their counts.")
    private boolean balanced;

    @Option(names = "--dropout", description = "Replaces the model's dropout probabilities; -1 keeps them.")
    private double dropout = -1;

    @Option(names = "--max-steps", description = "The number of optimizer steps; 0 for what the epochs make.")
    private long maxSteps;

    @Option(names = "--eval-every", description = "Steps between evaluations; 0 for once an epoch.")
    private long evaluateEvery;

    @Option(
            names = "--early-stopping",
            description = "Stop after so many evaluations without improvement; 0 for never.")
    private int earlyStopping;

    @Option(names = "--keep-best", description = "Keep the weights of the best evaluation.")
    private boolean keepBest;

    @Option(names = "--precision", description = "${COMPLETION-CANDIDATES}.")
    private Precision precision = Precision.FLOAT32;

    @Option(names = "--gradient-checkpointing", description = "Compute layers twice to save memory.")
    private boolean gradientCheckpointing;

    @Option(
            names = "--group-by-length",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Batches of similar length.")
    private boolean groupByLength = true;

    @Option(names = "--random-weights", description = "Start from random weights.")
    private boolean randomWeights;

    @Option(names = "--device", description = "${COMPLETION-CANDIDATES}.")
    private DeviceChoice device = DeviceChoice.AUTO;

    @Option(names = "--out", description = "Where to save the model; nowhere by default.")
    private String out = "";

    @Option(names = "--predict", arity = "1..*", description = "Texts to classify when trained.")
    private List<String> predict = List.of();

    @Option(names = "--summary", description = "Print the layers, their shapes, and what is trained.")
    private boolean summary;

    @Override
    public Integer call() {
        return run(data.read());
    }

    private <I> int run(TextData.Parts<I> parts) {
        final double start = ProcessFacts.secondsSinceStart();
        final Dataset<I> train = parts.train();
        try (FineTuned<I> tuned = tuner(parts.head(), parts.metric()).fit(train, parts.evaluation())) {
            if (summary) {
                System.out.println(tuned.summary());
            }
            System.out.println();
            System.out.println(tuned.evaluation());
            predict.forEach(text -> System.out.println(text + "\n  " + prediction(tuned, text)));
            final TrainingHistory history = tuned.history().orElseThrow();
            if (!out.isEmpty()) {
                tuned.save(Path.of(out));
                System.out.println("saved to " + Path.of(out).toAbsolutePath());
            }
            System.out.println(
                    new Gson().toJson(json(tuned, history, train.size().orElse(-1), start)));
        }
        return 0;
    }

    private FineTuner tuner(Head head, String metric) {
        FineTuner tuner = FineTuner.from(model)
                .onDownload(Console.downloads())
                .head(head)
                .epochs(epochs)
                .batchSize(batch)
                .evaluationBatchSize(evaluationBatch)
                .lr(learningRate)
                .seed(seed)
                .maxLength(maxLength)
                .schedule(withWarmup(Schedule.named(schedule)))
                .weightDecay(weightDecay)
                .accumulate(accumulate)
                .maxGradientNorm(maxGradientNorm)
                .labelSmoothing(labelSmoothing)
                .maxSteps(maxSteps)
                .evaluateEvery(evaluateEvery)
                .precision(precision)
                .groupByLength(groupByLength)
                .device(device)
                .listener(Console.progress(metric));
        tuner = freeze >= 0 ? tuner.freeze(freeze) : tuner;
        tuner = headOnly ? tuner.freeze(Freeze.allButHead()) : tuner;
        tuner = balanced ? tuner.balancedClassWeights() : tuner;
        tuner = dropout >= 0 ? tuner.dropout(dropout) : tuner;
        tuner = earlyStopping > 0 ? tuner.earlyStopping(earlyStopping) : tuner;
        tuner = keepBest ? tuner.keepBest() : tuner;
        tuner = gradientCheckpointing ? tuner.gradientCheckpointing() : tuner;
        return randomWeights ? tuner.randomWeights() : tuner;
    }

    private Schedule withWarmup(Schedule plain) {
        if (warmup == 0) {
            return plain;
        }
        return warmup < 1 ? plain.withWarmupRatio(warmup) : plain.withWarmupSteps((long) warmup);
    }

    @SuppressWarnings("unchecked") // Only models that read texts get here.
    private static <I> Prediction prediction(FineTuned<I> tuned, String text) {
        if (tuned.assembly().encoder().inputType() != Text.class) {
            throw new FinetuneException("--predict needs a task that reads single texts.");
        }
        return ((FineTuned<Text>) tuned).predict(Text.of(text));
    }

    private <I> JsonObject json(FineTuned<I> tuned, TrainingHistory history, long rows, double start) {
        final JsonObject json = new JsonObject();
        json.addProperty("what", "text");
        final JsonArray perEpoch = new JsonArray();
        for (EpochReport report : history.epochs()) {
            report.validation()
                    .filter(metrics -> metrics.names().contains("accuracy"))
                    .ifPresent(metrics -> perEpoch.add(metrics.get("accuracy")));
        }
        json.add("accuracy_per_epoch", perEpoch);
        json.add("evaluation", tuned.evaluation().toJson());
        json.addProperty("import_s", rounded(start));
        json.addProperty("tokenize_s", rounded(tuned.provenance().encodingSeconds()));
        json.addProperty("train_s", rounded(history.seconds()));
        json.addProperty("total_s", rounded(ProcessFacts.secondsSinceStart()));
        json.addProperty("train_samples", rows);
        final long seen =
                history.steps().stream().mapToLong(step -> step.rows()).sum();
        json.addProperty("samples_per_s", rounded(seen / history.seconds()));
        json.addProperty("peak_rss_mb", ProcessFacts.peakResidentMegabytes());
        return json;
    }

    private static double rounded(double value) {
        return Math.round(value * 100) / 100.0;
    }

    /** Labels and kinds of input are told by the data. */
    static Head headFor(String task, List<String> labels) {
        return switch (task) {
            case "classification" -> Heads.classes(labels.toArray(new String[0]));
            case "multi-label" -> Heads.multiLabel(labels.toArray(new String[0]));
            case "tokens" -> Heads.tokens(labels);
            case "regression" -> Heads.regression();
            case "question-answering" -> Heads.questionAnswering();
            case "masked-lm" -> Heads.maskedLm();
            default -> throw new FinetuneException("--task " + task + ": there are " + TextData.TASKS + ".");
        };
    }
}
