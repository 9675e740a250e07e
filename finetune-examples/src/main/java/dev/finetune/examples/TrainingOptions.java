package dev.finetune.examples;

import dev.finetune.FineTuner;
import dev.finetune.distributed.Processes;
import dev.finetune.freeze.Freeze;
import dev.finetune.freeze.Layers;
import dev.finetune.head.Head;
import dev.finetune.report.ConsoleProgress;
import dev.finetune.train.DeviceChoice;
import dev.finetune.train.Precision;
import dev.finetune.train.Schedule;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options that say what is trained and how, whatever kind of input the model reads. */
final class TrainingOptions {
    @Option(
            names = "--model",
            required = true,
            description = "A model directory, a file of weights (.pth, .th, .safetensors), or a Hugging Face model id.")
    private String model = "";

    @Option(names = "--epochs", description = "Passes over the training data.")
    private double epochs = 3;

    @Option(
            names = "--batch",
            paramLabel = "N|auto|auto:N",
            converter = BatchConverter.class,
            description = "Rows in a batch; with auto, as many of them at once as memory suffices for.")
    private SaidBatch batch;

    @Option(names = "--eval-batch", description = "Rows in an evaluation batch.")
    private int evaluationBatch;

    @Option(names = "--lr", description = "Peak learning rate.")
    private double learningRate;

    @Option(names = "--seed", description = "Seed of everything random.")
    private long seed = 42;

    @Option(
            names = "--freeze",
            paramLabel = "K|STAGE",
            description =
                    "Freeze the first stage (embeddings, stem) and K layers after it, or every stage up to the one"
                            + " named; -1 freezes nothing.")
    private String freeze = "-1";

    @Option(names = "--head-only", description = "Freeze everything but the head.")
    private boolean headOnly;

    @Option(
            names = "--schedule",
            description =
                    "linear, cosine, cosine_with_restarts, polynomial, constant, constant_with_warmup, inverse_sqrt or"
                            + " one_cycle.")
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

    @Option(names = "--random-weights", description = "Start from random weights.")
    private boolean randomWeights;

    @Option(names = "--device", description = "${COMPLETION-CANDIDATES}.")
    private DeviceChoice device = DeviceChoice.AUTO;

    @Option(
            names = "--distributed",
            description =
                    "Train as one of several processes, which RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT in the environment"
                            + " tell; --batch is then the rows of a batch in each.")
    private boolean distributed;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command = CommandSpec.create();

    @Mixin
    private GentleOptions preservation = new GentleOptions();

    @Mixin
    private AdapterOptions adapter = new AdapterOptions();

    @Mixin
    private TrackerOptions trackers = new TrackerOptions();

    private final int usualBatch;

    /**
     * Options with what suits the command's models.
     *
     * @param learningRate where none is said
     * @param rows of a batch, where none are said
     */
    TrainingOptions(double learningRate, int rows) {
        this.learningRate = learningRate;
        this.usualBatch = rows;
        this.batch = SaidBatch.of(rows);
        this.evaluationBatch = rows;
    }

    long seed() {
        return seed;
    }

    int batch() {
        return batch.size(usualBatch).rows();
    }

    /** Whether a learning rate was said. */
    boolean isRateSaid() {
        return command.commandLine().getParseResult().hasMatchedOption("--lr");
    }

    /**
     * The options that were said and do nothing where nothing is trained.
     *
     * @param more those of the command itself, and whether each was said
     */
    List<String> ofTraining(Map<String, Boolean> more) {
        return Stream.concat(
                        trackers.said().stream(),
                        more.entrySet().stream().filter(Map.Entry::getValue).map(Map.Entry::getKey))
                .toList();
    }

    /** Whether there will be an adapter to save. */
    boolean adapts() {
        return adapter.adapts();
    }

    /** Whether weights of the base are rounded. */
    boolean roundsBase() {
        return adapter.roundsBase();
    }

    /** Whether this is one of several processes, and not the one that shows and saves. */
    static boolean isCompanion(FineTuner tuner) {
        return tuner.processes().filter(self -> self.rank() > 0).isPresent();
    }

    /** A tuner with all of it, showing how it trains. */
    FineTuner tuner(Head head) {
        return tuner().head(head);
    }

    /** The same for what the checkpoint was saved for. */
    FineTuner tuner() {
        FineTuner tuner = FineTuner.from(model)
                .hub(h -> h.downloads(Console.downloads()))
                .epochs(epochs)
                .batchSize(batch.size(usualBatch))
                .evaluation(e -> e.batchSize(evaluationBatch))
                .lr(learningRate)
                .seed(seed)
                .schedule(Schedule.named(schedule))
                .weightDecay(weightDecay)
                .optimization(o -> o.accumulate(accumulate).maxGradientNorm(maxGradientNorm))
                .loss(l -> l.labelSmoothing(labelSmoothing))
                .maxSteps(maxSteps)
                .evaluation(e -> e.everySteps(evaluateEvery))
                .precision(precision)
                .device(device)
                .freeze(freeze())
                .listener(ConsoleProgress.create(warning -> Advice.of(warning, command)));
        tuner = trackers.on(adapter.on(preservation.on(warmedUp(tuner))));
        tuner = headOnly ? tuner.freeze(Freeze.allButHead()) : tuner;
        tuner = dropout != -1 ? tuner.regularization(r -> r.dropout(dropout)) : tuner;
        tuner = earlyStopping != 0 ? tuner.earlyStopping(earlyStopping) : tuner;
        tuner = keepBest ? tuner.keepBest() : tuner;
        tuner = distributed ? tuner.distributed(Processes.fromEnvironment()) : tuner;
        tuner = gradientCheckpointing ? tuner.execution(e -> e.gradientCheckpointing(true)) : tuner;
        return randomWeights ? tuner.initialization(i -> i.randomWeights(true)) : tuner;
    }

    private Freeze freeze() {
        if (freeze.equals("-1")) {
            return Freeze.nothing();
        }
        if (freeze.isBlank()) {
            throw new WrongUsage("--freeze is empty; expected a number of layers or the name of a stage"
                    + " (--summary lists them).");
        }
        return freeze.matches("\\d+") ? Freeze.firstLayers(Integer.parseInt(freeze)) : Layers.upTo(freeze);
    }

    private FineTuner warmedUp(FineTuner tuner) {
        if (warmup == 0) {
            return tuner;
        }
        if (warmup >= 1 && warmup != Math.rint(warmup)) {
            throw new WrongUsage("--warmup " + warmup
                    + ": expected a whole number of steps, or their share of all steps, which is below 1.");
        }
        return warmup < 1 ? tuner.warmupRatio(warmup) : tuner.warmupSteps((long) warmup);
    }
}
