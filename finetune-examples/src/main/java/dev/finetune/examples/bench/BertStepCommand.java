package dev.finetune.examples.bench;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.data.Text;
import dev.finetune.distributed.Processes;
import dev.finetune.examples.Bounds;
import dev.finetune.examples.ProcessFacts;
import dev.finetune.examples.TemporaryFolder;
import dev.finetune.internal.distributed.Companions;
import dev.finetune.internal.torch.Natives;
import dev.finetune.peft.Lora;
import dev.finetune.train.Checkpoints;
import dev.finetune.train.ProcessGroup;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The steady-state training step of an encoder, BERT's or another family's, on random weights and tokens. */
@Command(
        name = "bert-step",
        description = "Time the training step of BERT, or of another encoder, on random weights and tokens.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class BertStepCommand implements Callable<Integer> {
    private static final int STEPS_BETWEEN_CHECKPOINTS = 4;
    private static final double TEN_MINUTES = 600;

    @Option(
            names = "--family",
            description = "Whose base model: bert, xlm-roberta, mpnet, albert, modernbert or deberta-v2.")
    private String family = "bert";

    @Option(names = "--layers", description = "Encoder layers; 0 for as many as the family's base model has.")
    private int layers;

    @Option(names = "--hidden", description = "Width.")
    private int hidden = 768;

    @Option(names = "--heads", description = "Attention heads.")
    private int heads = 12;

    @Option(names = "--batch", description = "Rows in a batch.")
    private int batch = 16;

    @Option(names = "--seq", description = "Tokens in a row.")
    private int length = 128;

    @Option(names = "--steps", description = "Steps that count.")
    private int steps = 8;

    @Option(names = "--warmup", description = "Steps before them.")
    private int warmup = 2;

    @Option(names = "--freeze", description = "Freeze the embeddings and the first K layers; -1 freezes nothing.")
    private int freeze = -1;

    @Option(names = "--dropout", description = "Dropout probability; the family's own without it.")
    private Optional<Double> dropout = Optional.empty();

    @Option(names = "--lora", description = "Train LoRA additions of this rank instead; 0 for none.")
    private int lora;

    @Mixin
    private ComputeOptions compute = new ComputeOptions();

    @Option(names = "--gradient-checkpointing", description = "Compute layers twice to save memory.")
    private boolean gradientCheckpointing;

    @Option(
            names = "--recompute-activations",
            arity = "1",
            description = "Whether to keep less for the backward pass, and compute it again.")
    private boolean recomputeActivations = true;

    @Option(
            names = "--first-token-only",
            arity = "1",
            description = "Whether the last layer computes only what the head reads.")
    private boolean firstTokenOnly = true;

    @Option(
            names = "--checkpoints",
            paramLabel = "DIRECTORY",
            description = "Write a checkpoint there every 4 steps, and time that, too.")
    private Optional<Path> checkpoints = Optional.empty();

    @Option(
            names = "--distributed",
            description =
                    "Be one of the processes that RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT name; the batch is this"
                            + " one's.")
    private boolean distributed;

    @Option(
            names = "--exchange",
            description =
                    "How gradients travel: ${COMPLETION-CANDIDATES}. auto is through memory that the processes share on one"
                            + " machine, else as network: by Gloo, while the backward pass goes on; network-after: after it.")
    private GradientExchange exchange = GradientExchange.AUTO;

    @Override
    public Integer call() throws IOException {
        if (!distributed) {
            return time(Optional.empty());
        }
        exchange.choose();
        try (Companions group = Companions.join(Processes.fromEnvironment())) {
            return time(Optional.of(group));
        }
    }

    private int time(Optional<ProcessGroup> group) throws IOException {
        Bounds.atLeast("--steps", steps, 1);
        final FineTuner plain = compute.applied(FineTuner.from(model()))
                .initialization(i -> i.randomWeights(true))
                .head(2);
        FineTuner tuner = dropout.map(probability -> plain.regularization(r -> r.dropout(probability)))
                .orElse(plain);
        tuner = freeze >= 0 ? tuner.freeze(freeze) : tuner;
        tuner = lora > 0 ? tuner.lora(Lora.rank(lora)) : tuner;
        tuner = gradientCheckpointing ? tuner.execution(e -> e.gradientCheckpointing(true)) : tuner;
        try (FineTuned<Text> model = tuner.execution(
                        e -> e.recomputeActivations(recomputeActivations).firstTokenOnly(firstTokenOnly))
                .lr(5e-5)
                .weightDecay(0.01)
                .maxSteps(warmup + steps)
                .untrained(Text.class)) {
            final StepTimer.Seconds seconds = StepTimer.medians(
                    model.assembly().network(),
                    model.assembly().task(),
                    model.settings(),
                    randomBatch(),
                    warmup,
                    checkpoints.map(place -> Checkpoints.in(place).everySteps(STEPS_BETWEEN_CHECKPOINTS)),
                    group);
            final double median = seconds.step();
            final JsonObject json = new JsonObject();
            json.addProperty("what", "bert_step");
            json.addProperty("samples_per_s", Math.round(batch / median * 1000) / 1000.0);
            json.addProperty("ms_per_step", Math.round(median * 1e4) / 10.0);
            if (checkpoints.isPresent()) {
                json.addProperty("checkpoint_s", Math.round(seconds.checkpoint() * 100) / 100.0);
                json.addProperty("percent_of_10_minutes", Math.round(seconds.checkpoint() / TEN_MINUTES * 1e4) / 100.0);
                Checkpoints.remove(checkpoints.get());
            }
            json.addProperty("peak_rss_mb", ProcessFacts.peakResidentMegabytes());
            json.addProperty("matrix_products", Natives.matrixProducts());
            json.addProperty("family", family);
            json.addProperty("layers", layers());
            json.addProperty("hidden", hidden);
            json.addProperty("heads", heads);
            json.addProperty("batch", batch);
            json.addProperty("seq", length);
            json.addProperty("steps", steps);
            json.addProperty("freeze", freeze);
            dropout.ifPresent(p -> json.addProperty("dropout", p));
            json.addProperty("lora", lora);
            json.addProperty("recompute_activations", recomputeActivations);
            json.addProperty("first_token_only", firstTokenOnly);
            compute.describe(json);
            System.out.println(new Gson().toJson(json));
        }
        return 0;
    }

    /** A directory with a configuration and a vocabulary, without weights. */
    private Path model() throws IOException {
        final Path folder = TemporaryFolder.create("finetune-bench");
        shape().write(folder, layers(), hidden, heads);
        return folder;
    }

    private EncoderShape shape() {
        return EncoderShape.of(family);
    }

    private int layers() {
        return layers > 0 ? layers : shape().layers();
    }

    private HostBatch randomBatch() {
        final SplittableRandom random = new SplittableRandom(0);
        final long[] mask = new long[batch * length];
        Arrays.fill(mask, 1);
        return StepTimer.batch(
                Map.of(
                        "input_ids",
                        new HostTensor.Longs(
                                random.longs(mask.length, 5, shape().vocabulary())
                                        .toArray(),
                                batch,
                                length),
                        "attention_mask",
                        new HostTensor.Longs(mask, batch, length),
                        "labels",
                        new HostTensor.Longs(random.longs(batch, 0, 2).toArray(), batch)),
                batch);
    }
}
