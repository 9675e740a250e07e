package dev.finetune.examples.bench;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import dev.finetune.FineTuned;
import dev.finetune.data.Text;
import dev.finetune.examples.ProcessFacts;
import dev.finetune.examples.WrongUsage;
import dev.finetune.head.Prediction;
import dev.finetune.train.Evaluation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How fast a saved model predicts, or gives vectors, one sentence at a time or in batches. */
@Command(
        name = "predict",
        description = "Time the predictions of a saved model.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class PredictCommand implements Callable<Integer> {
    @Option(names = "--model", required = true, description = "A saved model of two classes, or of vectors.")
    private Path model = Path.of("model");

    @Option(names = "--text", required = true, description = "A heading, then a sentence a line, up to its first tab.")
    private Path text = Path.of("text.tsv");

    @Option(names = "--count", description = "Sentences, a quarter of them before the clock starts.")
    private int count = 256;

    @Option(names = "--batch", description = "Sentences at a time.")
    private int batch = 1;

    @Option(
            names = "--vectors",
            description =
                    "The model's answers are vectors, of all sentences in one call, as the peer gives them, in the"
                            + " model's own batches, of 32: takes --batch 32.")
    private boolean vectors;

    @Override
    public Integer call() throws IOException {
        if (vectors && batch != Evaluation.DEFAULT.batchSize()) {
            throw new WrongUsage("--vectors takes --batch " + Evaluation.DEFAULT.batchSize()
                    + ", as the model cuts all sentences of a call into batches of that size itself; found " + batch);
        }
        final List<Text> sentences =
                Sentences.of(text, count).stream().map(Text::of).toList();
        try (FineTuned<Text> loaded = FineTuned.load(model)) {
            final int first = count / 4 / batch * batch;
            double sum = predict(loaded, sentences.subList(0, first));
            final long start = System.nanoTime();
            sum += predict(loaded, sentences.subList(first, count));
            final double seconds = (System.nanoTime() - start) / 1e9;
            final JsonObject json = new JsonObject();
            json.addProperty("what", "predict");
            json.addProperty("batch", batch);
            json.addProperty("samples_per_s", (count - first) / seconds);
            json.addProperty("mean", sum / count);
            json.addProperty("peak_rss_mb", ProcessFacts.peakResidentMegabytes());
            System.out.println(new Gson().toJson(json));
        }
        return 0;
    }

    /** The sum of the first class's probabilities, or of the vectors' first numbers. */
    private double predict(FineTuned<Text> loaded, List<Text> sentences) {
        double sum = 0;
        final int together = vectors ? Math.max(1, sentences.size()) : batch;
        for (int i = 0; i < sentences.size(); i += together) {
            for (Prediction prediction :
                    loaded.predict(sentences.subList(i, Math.min(sentences.size(), i + together)))) {
                sum += prediction instanceof Prediction.Vector vector
                        ? vector.logits().get(0)[0]
                        : prediction.probabilities().values().iterator().next();
            }
        }
        return sum;
    }
}
