package dev.finetune.examples.study;

import com.google.gson.JsonObject;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.LabelSet;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.examples.TemporaryFolder;
import dev.finetune.examples.bench.Job;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** LoRA by PEFT, on the same examples and settings. */
final class StudyPeer {
    private final String python;
    private final Path script;
    private final String model;
    private final int maxLength;

    StudyPeer(String python, Path script, String model, int maxLength) {
        this.python = python;
        this.script = script;
        this.model = model;
        this.maxLength = maxLength;
    }

    /** Trains and evaluates there. */
    StudyResult.Run run(
            String shots, long seed, Dataset<Text> train, Dataset<Text> evaluation, StudyMethod.Settings settings)
            throws IOException, InterruptedException {
        final LabelSet labels = LabelSet.discover(train.concat(evaluation));
        final Path folder = TemporaryFolder.create("finetune-study");
        final Path trainFile = folder.resolve("train.tsv");
        final Path evaluationFile = folder.resolve("eval.tsv");
        final long start = System.nanoTime();
        try {
            write(train, labels, trainFile);
            write(evaluation, labels, evaluationFile);
            final JsonObject json = Job.run(
                    List.of(python, script.toString()),
                    List.of(
                            "--model",
                            model,
                            "--train",
                            trainFile.toString(),
                            "--eval",
                            evaluationFile.toString(),
                            "--epochs",
                            Double.toString(settings.epochs(train)),
                            "--batch",
                            Integer.toString(settings.batchSize()),
                            "--lr",
                            Double.toString(settings.headRate()),
                            "--max-length",
                            Integer.toString(maxLength),
                            "--seed",
                            Long.toString(seed)));
            final double accuracy = json.get("accuracy").getAsDouble();
            return StudyOptions.told(
                    new StudyResult.Run(shots, "LoRA, PEFT", seed, accuracy, (System.nanoTime() - start) / 1e9));
        } finally {
            Files.deleteIfExists(trainFile);
            Files.deleteIfExists(evaluationFile);
            Files.delete(folder);
        }
    }

    /** A heading, then a sentence and the number of its label a line. */
    private static void write(Dataset<Text> texts, LabelSet labels, Path file) throws IOException {
        final List<String> lines = new ArrayList<>(List.of("sentence\tlabel"));
        for (Example<Text> example : texts.asList()) {
            if (!(example.label() instanceof Label.Category category)) {
                throw new FinetuneException("A study needs texts with a class each, but one has " + example.label());
            }
            lines.add(example.input().text().replaceAll("\\s", " ") + "\t" + labels.indexOf(category.name()));
        }
        Files.write(file, lines);
    }
}
