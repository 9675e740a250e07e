package dev.finetune.examples.bench;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Text;
import dev.finetune.examples.Bounds;
import dev.finetune.examples.ProcessFacts;
import dev.finetune.examples.TemporaryFolder;
import dev.finetune.generate.Generated;
import dev.finetune.generate.Generation;
import dev.finetune.head.Heads;
import dev.finetune.internal.torch.Natives;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How fast a language model of random weights writes. */
@Command(
        name = "lm-generate",
        description = "Time greedy generation with a language model of random weights.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class LmGenerateCommand implements Callable<Integer> {
    @Option(names = "--family", description = "gpt2 (124 million parameters) or llama (1.1 thousand million).")
    private String family = "gpt2";

    @Option(names = "--layers", description = "Layers; 0 for as many as the family's model has.")
    private int layers;

    @Option(names = "--prompt", description = "Tokens of each prompt.")
    private int prompt = 64;

    @Option(names = "--new-tokens", description = "Tokens that are written after each.")
    private int fresh = 128;

    @Option(names = "--requests", description = "Texts that are asked for at once, in one call.")
    private int requests = 1;

    @Option(names = "--callers", description = "Threads that each ask for so many texts at the same time.")
    private int callers = 1;

    @Option(
            names = "--prompt-lookup",
            description =
                    "Tokens that are guessed at once at most. Random weights repeat themselves, so that nearly every guess is right;"
                            + " 0 for none, to time what one token takes.")
    private int promptLookup;

    @Option(names = "--repeat", description = "How often; the fastest counts.")
    private int repeat = 3;

    @Mixin
    private ComputeOptions compute = new ComputeOptions();

    @Override
    public Integer call() throws IOException {
        Bounds.atLeast("--prompt", prompt, 1);
        Bounds.atLeast("--new-tokens", fresh, 1);
        Bounds.atLeast("--requests", requests, 1);
        Bounds.atLeast("--callers", callers, 1);
        Bounds.atLeast("--prompt-lookup", promptLookup, 0);
        Bounds.atLeast("--repeat", repeat, 1);
        final LmShape shape = LmShape.of(family).with(0, layers);
        final Path folder = TemporaryFolder.create("finetune-bench");
        shape.write(folder);
        final ExecutorService threads = Executors.newFixedThreadPool(callers);
        try (FineTuned<Text> model = compute.applied(FineTuner.from(folder))
                .initialization(i -> i.randomWeights(true))
                .head(Heads.causalLm())
                .evaluation(e -> e.batchSize(requests))
                .untrained(Text.class)) {
            double best = Double.MAX_VALUE;
            for (int i = 0; i < repeat; i++) {
                final long start = System.nanoTime();
                IntStream.range(0, callers)
                        .mapToObj(each -> CompletableFuture.supplyAsync(() -> write(model), threads))
                        .toList()
                        .forEach(CompletableFuture::join);
                best = Math.min(best, (System.nanoTime() - start) / 1e9);
            }
            final JsonObject json = new JsonObject();
            json.addProperty("what", "lm_generate");
            json.addProperty("tokens_per_s", Math.round((double) callers * requests * fresh / best * 10) / 10.0);
            json.addProperty("seconds", Math.round(best * 1000) / 1000.0);
            json.addProperty("peak_rss_mb", ProcessFacts.peakResidentMegabytes());
            json.addProperty("matrix_products", Natives.matrixProducts());
            json.addProperty("family", family);
            json.addProperty("layers", shape.layers());
            json.addProperty("prompt", prompt);
            json.addProperty("new_tokens", fresh);
            json.addProperty("requests", requests);
            json.addProperty("callers", callers);
            json.addProperty("prompt_lookup", promptLookup);
            compute.describe(json);
            System.out.println(new Gson().toJson(json));
        } finally {
            threads.shutdown();
        }
        return 0;
    }

    private List<Generated> write(FineTuned<Text> model) {
        final String words = String.join(" ", Collections.nCopies(prompt, "word"));
        return model.generate(
                Collections.nCopies(requests, Text.of(words)),
                Generation.greedy()
                        .promptLookup(promptLookup)
                        .minNewTokens(fresh)
                        .maxNewTokens(fresh));
    }
}
