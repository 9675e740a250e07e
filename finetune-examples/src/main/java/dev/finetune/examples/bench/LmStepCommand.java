package dev.finetune.examples.bench;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.data.Text;
import dev.finetune.examples.Bounds;
import dev.finetune.examples.ProcessFacts;
import dev.finetune.examples.TemporaryFolder;
import dev.finetune.examples.WrongUsage;
import dev.finetune.head.Heads;
import dev.finetune.internal.torch.Natives;
import dev.finetune.peft.Lora;
import dev.finetune.peft.Quantized;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The steady-state training step of a language model on random weights and tokens. */
@Command(
        name = "lm-step",
        description = "Time the training step of a language model on random weights and tokens.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class LmStepCommand implements Callable<Integer> {
    @Option(names = "--family", description = "gpt2 (124 million parameters) or llama (1.1 thousand million).")
    private String family = "gpt2";

    @Option(names = "--vocabulary", description = "Tokens; 0 for the family's own.")
    private int vocabulary;

    @Option(names = "--layers", description = "Layers; 0 for as many as the family's model has.")
    private int layers;

    @Option(names = "--batch", description = "Rows in a batch.")
    private int batch = 4;

    @Option(names = "--seq", description = "Tokens in a row.")
    private int length = 256;

    @Option(names = "--steps", description = "Steps that count.")
    private int steps = 5;

    @Option(names = "--warmup", description = "Steps before them.")
    private int warmup = 2;

    @Option(names = "--lora", description = "Train LoRA additions of this rank instead; 0 for none.")
    private int lora;

    @Option(
            names = "--base",
            description =
                    "float32; bfloat16, nf4, nf4_double or int8 with --family llama and --lora: a checkpoint in 16 bits is written and loaded,"
                            + " and kept as it is, or in 4 or 8 bits.")
    private String base = "float32";

    @Option(names = "--gradient-checkpointing", description = "Compute layers twice to save memory.")
    private boolean gradientCheckpointing;

    @Mixin
    private ComputeOptions compute = new ComputeOptions();

    @Override
    public Integer call() throws IOException {
        Bounds.atLeast("--steps", steps, 1);
        if (!base.equals("float32") && (lora == 0 || !family.equals("llama"))) {
            throw new WrongUsage(
                    "--base " + base
                            + " keeps a frozen base in fewer bits beside an adapter, and weights are written for"
                            + " llama: say --family llama and --lora RANK, too. Without an adapter all weights are trained, in float32.");
        }
        Bounds.atLeast("--lora", lora, 0);
        final LmShape shape = LmShape.of(family).with(vocabulary, layers);
        final Path folder = TemporaryFolder.create("finetune-bench");
        shape.write(folder);
        final boolean halved = !base.equals("float32");
        if (halved) {
            writeWeights(shape, folder);
        }
        FineTuner tuner = compute.applied(FineTuner.from(folder))
                .initialization(i -> i.randomWeights(!halved))
                .head(Heads.causalLm());
        tuner = lora > 0 ? tuner.lora(Lora.rank(lora)) : tuner;
        tuner = format().map(tuner::base).orElse(tuner);
        try (FineTuned<Text> model = tuner.execution(e -> e.gradientCheckpointing(gradientCheckpointing))
                .lr(5e-5)
                .weightDecay(0.01)
                .maxSteps(warmup + steps)
                .untrained(Text.class)) {
            final long loaded = ProcessFacts.peakResidentMegabytes();
            final double median = StepTimer.medianSeconds(
                    model.assembly().network(),
                    model.assembly().task(),
                    model.settings(),
                    randomBatch(shape.vocabulary()),
                    warmup);
            final JsonObject json = new JsonObject();
            json.addProperty("what", "lm_step");
            json.addProperty("samples_per_s", Math.round(batch / median * 1000) / 1000.0);
            json.addProperty("ms_per_step", Math.round(median * 1e4) / 10.0);
            json.addProperty("peak_rss_mb", ProcessFacts.peakResidentMegabytes());
            json.addProperty("loaded_peak_rss_mb", loaded);
            json.addProperty("matrix_products", Natives.matrixProducts());
            json.addProperty("family", family);
            json.addProperty("vocabulary", shape.vocabulary());
            json.addProperty("layers", shape.layers());
            json.addProperty("batch", batch);
            json.addProperty("seq", length);
            json.addProperty("base", base);
            json.addProperty("lora", lora);
            json.addProperty("gradient_checkpointing", gradientCheckpointing);
            compute.describe(json);
            System.out.println(new Gson().toJson(json));
        }
        return 0;
    }

    /** In a thread of its own: what writing leaves in this one's heaps is no part of loading and training. */
    private static void writeWeights(LmShape shape, Path folder) {
        CompletableFuture.runAsync(
                        () -> {
                            try {
                                shape.writeWeights(folder);
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        },
                        each -> new Thread(each, "writes weights").start())
                .join();
    }

    private Optional<Quantized> format() {
        return switch (base) {
            case "float32", "bfloat16" -> Optional.empty();
            case "nf4" -> Optional.of(Quantized.nf4());
            case "nf4_double" -> Optional.of(Quantized.nf4Double());
            case "int8" -> Optional.of(Quantized.int8());
            default ->
                throw new WrongUsage("--base " + base + ": there are float32, bfloat16, nf4, nf4_double and int8.");
        };
    }

    private HostBatch randomBatch(int tokens) {
        final long[] mask = new long[batch * length];
        Arrays.fill(mask, 1);
        final HostTensor.Longs ids = new HostTensor.Longs(
                new SplittableRandom(0).longs(mask.length, 5, tokens).toArray(), batch, length);
        return StepTimer.batch(
                Map.of("input_ids", ids, "attention_mask", new HostTensor.Longs(mask, batch, length), "labels", ids),
                batch);
    }
}
