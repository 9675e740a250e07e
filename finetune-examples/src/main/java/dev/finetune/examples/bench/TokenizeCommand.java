package dev.finetune.examples.bench;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import dev.finetune.FineTuned;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.InputEncoder;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.examples.ProcessFacts;
import dev.finetune.train.RowEncoder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How fast sentences become token ids. */
@Command(
        name = "tokenize",
        description = "Time the tokenization of many sentences.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class TokenizeCommand implements Callable<Integer> {
    @Option(names = "--model", required = true, description = "A saved model, whose tokenizer is timed.")
    private Path model = Path.of("model");

    @Option(names = "--text", required = true, description = "A heading, then a sentence a line, up to its first tab.")
    private Path text = Path.of("text.tsv");

    @Option(names = "--count", description = "Sentences.")
    private int count = 100_000;

    @Override
    public Integer call() throws IOException {
        final List<Example<Text>> examples = Sentences.of(text, count).stream()
                .map(sentence -> new Example<>(Text.of(sentence), Label.none()))
                .toList();
        try (FineTuned<Text> loaded = FineTuned.load(model)) {
            final InputEncoder<Text> encoder = loaded.assembly().encoder();
            final long start = System.nanoTime();
            final List<Encoded> rows = RowEncoder.encode(Dataset.of(Text.class, examples), encoder);
            final double seconds = (System.nanoTime() - start) / 1e9;
            final JsonObject json = new JsonObject();
            json.addProperty("what", "tokenize");
            json.addProperty("samples_per_s", count / seconds);
            json.addProperty("tokens", rows.stream().mapToLong(Encoded::length).sum());
            json.addProperty("peak_rss_mb", ProcessFacts.peakResidentMegabytes());
            System.out.println(new Gson().toJson(json));
        }
        return 0;
    }
}
