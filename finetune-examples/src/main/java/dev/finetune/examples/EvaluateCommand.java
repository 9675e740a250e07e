package dev.finetune.examples;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import dev.finetune.FineTuned;
import dev.finetune.data.Dataset;
import dev.finetune.metrics.Metrics;
import dev.finetune.vision.Image;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Evaluates a saved model on labelled data; its last line is one JSON object. */
@Command(
        name = "evaluate",
        description = "Evaluate a saved model on labelled data; the last line is one JSON object.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class EvaluateCommand implements Callable<Integer> {
    @Option(names = "--model", required = true, description = "The directory of a saved model.")
    private Path model = Path.of("");

    @Option(
            names = "--data",
            required = true,
            description =
                    "Labelled data: .tsv, .csv or .jsonl (also .gz), CoNLL for words, SQuAD JSON for questions; for"
                            + " pictures a folder with a folder for each class, or a table of paths.")
    private Path data = Path.of("");

    @Option(names = "--limit", description = "Use only the first rows; 0 for all.")
    private long limit;

    @Mixin
    private Reading reading = new Reading();

    @Override
    public Integer call() {
        if (limit < 0) {
            throw new WrongUsage("--limit " + limit + ": there are 0, for all, and numbers of rows.");
        }
        final double start = ProcessFacts.secondsSinceStart();
        Output.checkThere(model);
        try (FineTuned<Object> loaded = FineTuned.load(model)) {
            final Dataset<Object> rows = labelled(loaded);
            final double evaluating = ProcessFacts.secondsSinceStart();
            final Metrics metrics = loaded.evaluate(rows);
            System.out.println(metrics);
            final JsonObject json = new JsonObject();
            json.addProperty("what", "evaluate");
            json.add("evaluation", metrics.toJson());
            json.addProperty("samples", rows.size().orElse(-1));
            json.addProperty("import_s", ResultOptions.rounded(start));
            json.addProperty("evaluate_s", ResultOptions.rounded(ProcessFacts.secondsSinceStart() - evaluating));
            json.addProperty("total_s", ResultOptions.rounded(ProcessFacts.secondsSinceStart()));
            System.out.println(new Gson().toJson(json));
        }
        return 0;
    }

    @SuppressWarnings("unchecked") // evaluate(...) checks the kind of input again.
    private Dataset<Object> labelled(FineTuned<Object> loaded) {
        final String task = Reading.task(loaded.assembly().task().head());
        final Dataset<?> all = loaded.assembly().encoder().inputType() == (Class<?>) Image.class
                ? reading.labelledPictures(task, data)
                : reading.read(task, data);
        return (Dataset<Object>) (limit > 0 ? all.limit(limit) : all);
    }
}
