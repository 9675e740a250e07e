package dev.finetune.bert.distributed;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.data.TextFiles;
import dev.finetune.distributed.Processes;
import dev.finetune.error.FinetuneException;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.TensorValues;
import dev.finetune.peft.Lora;
import dev.finetune.record.FitRecord;
import dev.finetune.record.Lengths;
import dev.finetune.spi.FitWatcher;
import dev.finetune.testkit.TinyData;
import dev.finetune.testkit.TinyModels;
import dev.finetune.train.Checkpoints;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** One of several processes that do the same jobs together, and say on a line each what came out. */
final class SharedFit {
    /** The jobs, one after the other. */
    static final String JOBS = "JOBS";

    /** A folder for what they write. */
    static final String FOLDER = "FOLDER";

    /** How long a process may be silent, in seconds. */
    static final String TIMEOUT = "TIMEOUT";

    /** Set where tensors go through Gloo, gradients as early as they can. */
    static final String NETWORK = "NETWORK";

    /** How many epochs the longer ones have. */
    static final String EPOCHS = "EPOCHS";

    static final int TRAINING_ROWS = 43;
    static final int VALIDATION_ROWS = 21;

    private SharedFit() {}

    /**
     * What tells processes their jobs.
     *
     * @param jobs one after the other, with commas between
     * @param timeout in seconds
     * @return variables, to which others may be added
     */
    static Map<String, String> environment(String jobs, Path folder, int timeout) {
        return new HashMap<>(Map.of(JOBS, jobs, FOLDER, folder.toString(), TIMEOUT, Integer.toString(timeout)));
    }

    public static void main(String[] arguments) {
        if (System.getenv(NETWORK) != null) {
            System.setProperty("dev.finetune.sharedMemory", "false");
            System.setProperty("dev.finetune.earlySum", "1");
        }
        for (String job : System.getenv(JOBS).split(",")) {
            try {
                final Processes self =
                        Processes.fromEnvironment().timeout(timeout()).startTimeout(Duration.ofSeconds(45));
                System.out.println(job + ": " + run(job, self));
            } catch (FinetuneException e) {
                System.out.println(job + " ended with: " + e.getMessage());
            }
        }
    }

    private static Duration timeout() {
        return Duration.ofSeconds(Long.parseLong(System.getenv().getOrDefault(TIMEOUT, "30")));
    }

    private static String run(String job, Processes self) {
        final FineTuner tuner = tuner(4).distributed(self);
        return switch (job) {
            case "uneven" -> {
                try (FineTuned<Text> tuned = tuner.fit(reviews(0, TRAINING_ROWS), reviews(100, VALIDATION_ROWS))) {
                    tuned.save(folder().resolve("saved" + self.rank()));
                    yield told(tuned);
                }
            }
            case "longer" -> {
                try (FineTuned<Text> tuned =
                        watched(tuner).fit(reviews(0, TRAINING_ROWS), reviews(100, VALIDATION_ROWS))) {
                    yield told(tuned);
                }
            }
            case "checkpoints" -> {
                try (FineTuned<Text> tuned = watched(tuner)
                        .checkpoints(Checkpoints.in(folder().resolve("checkpoints"))
                                .everySteps(2)
                                .resume())
                        .fit(reviews(0, TRAINING_ROWS), reviews(100, VALIDATION_ROWS))) {
                    yield told(tuned);
                }
            }
            case "shards" -> {
                try (FineTuned<Text> tuned = FineTuner.from(TinyModels.bert())
                        .head(3)
                        .batchSize(4)
                        .distributed(self.ownShards())
                        .fit(shard(self.rank(), 9 + 8 * self.rank()), shard(self.rank(), 5))) {
                    yield tuned.labels() + " "
                            + tuned.evaluation().perClass().stream()
                                    .mapToLong(row -> row.support())
                                    .sum() + " " + sum(tuned);
                }
            }
            case "otherRate" -> {
                try (FineTuned<Text> tuned =
                        tuner.lr(self.rank() == 0 ? 1e-3 : 2e-3).fitAll(reviews(0, 16))) {
                    yield told(tuned);
                }
            }
            case "compressed" -> {
                System.setProperty("dev.finetune.sharedMemory", "false");
                try (FineTuned<Text> tuned = tuner.distributed(self.compressGradients())
                        .fit(reviews(0, TRAINING_ROWS), reviews(100, VALIDATION_ROWS))) {
                    yield told(tuned);
                }
            }
            case "otherData" -> {
                try (FineTuned<Text> tuned = tuner.fitAll(reviews(self.rank(), 16))) {
                    yield told(tuned);
                }
            }
            case "emptyStream" -> {
                try (FineTuned<Text> tuned = tuner.distributed(self.ownShards())
                        .maxSteps(2)
                        .fitAll(Dataset.streamed(
                                Text.class, () -> self.rank() == 1 ? Stream.of() : reviews(0, 16).stream()))) {
                    yield told(tuned);
                }
            }
            case "deciding" -> {
                // Each part of the validation data holds one of the classes only, the whole both.
                try (FineTuned<Text> tuned = tuner.distributed(self.ownShards())
                        .keepBest("auroc")
                        .fit(
                                reviews(0, 16),
                                reviews(0, 16)
                                        .filter(row -> row.label()
                                                .equals(new Label.Category(Integer.toString(self.rank())))))) {
                    yield told(tuned);
                }
            }
            case "findings" -> {
                // Each part is of one class, and one input is in both, with the other label.
                final List<String> told = new ArrayList<>();
                try (FineTuned<Text> tuned = tuner.distributed(self.ownShards())
                        .maxSteps(2)
                        .listener(new PartsSeen(told))
                        .fit(ofOneClass(self.rank(), 6 + self.rank()), reviews(100 + self.rank(), 4))) {
                    yield told + " " + sum(tuned);
                }
            }
            case "heldBack" -> {
                try (FineTuned<Text> tuned = FineTuner.from(TinyModels.bert())
                        .head(3)
                        .batchSize(4)
                        .distributed(self.ownShards())
                        .fit(shard(self.rank(), 12))) {
                    yield tuned.labels() + " " + sum(tuned);
                }
            }
            case "unreadable" -> {
                final FineTuner own = tuner.distributed(self.ownShards());
                final Dataset<Text> part = own.reading(() -> self.rank() == 0
                        ? reviews(0, 16)
                        : TextFiles.tsv(folder().resolve("part-1.tsv")).classification());
                try (FineTuned<Text> tuned = own.fitAll(part)) {
                    yield told(tuned);
                }
            }
            case "notEvaluated" -> {
                try (FineTuned<Text> tuned =
                        self.rank() == 0 ? tuner.fit(reviews(0, 16), reviews(100, 16)) : tuner.fitAll(reviews(0, 16))) {
                    yield told(tuned);
                }
            }
            case "badRow" -> {
                final List<String> labels = IntStream.range(0, 16)
                        .mapToObj(i -> self.rank() == 1 && i == 5 ? "unheard of" : i % 2 == 0 ? "0" : "1")
                        .toList();
                try (FineTuned<Text> tuned = tuner.head("0", "1")
                        .distributed(self.ownShards())
                        .fitAll(Dataset.texts(
                                IntStream.range(0, 16)
                                        .mapToObj(TinyData::review)
                                        .toList(),
                                labels))) {
                    yield told(tuned);
                }
            }
            default -> throw new IllegalArgumentException(job);
        };
    }

    private static Path folder() {
        return Path.of(System.getenv(FOLDER));
    }

    /** The rows of a batch are those that one process takes of it. */
    static FineTuner tuner(int batch) {
        return FineTuner.from(TinyModels.bert())
                .head(2)
                .batchSize(batch)
                .epochs(2)
                .lr(3e-3)
                .batching(b -> b.shuffle(false).groupByLength(false));
    }

    private static FineTuner watched(FineTuner tuner) {
        return tuner.epochs(Integer.parseInt(System.getenv().getOrDefault(EPOCHS, "4")))
                .lora(Lora.rank(4))
                .batching(b -> b.shuffle(true))
                .regularization(r -> r.dropout(0.1))
                .keepBest()
                .listener(new TrainingListener() {
                    @Override
                    public void stepped(StepReport step) {
                        System.out.println("step " + step.step());
                    }
                });
    }

    static Dataset<Text> reviews(int from, int count) {
        final List<String> texts = new ArrayList<>();
        final List<String> labels = new ArrayList<>();
        for (int i = from; i < from + count; i++) {
            texts.add(TinyData.review(i));
            labels.add(i % 2 == 0 ? "0" : "1");
        }
        return Dataset.texts(texts, labels);
    }

    /** The last row is the same in all processes. */
    private static Dataset<Text> ofOneClass(int rank, int count) {
        final List<String> texts = new ArrayList<>();
        for (int i = 1; i < count; i++) {
            texts.add(TinyData.review(10 * rank + i));
        }
        texts.add(TinyData.review(50));
        return Dataset.texts(
                texts, texts.stream().map(text -> Integer.toString(rank)).toList());
    }

    /** Keeps what it is warned of, and what it sees of the data. */
    private record PartsSeen(List<String> told) implements FitWatcher {
        @Override
        public void warned(String message) {
            told.add(message);
        }

        @Override
        public void begins(FitRecord fit) {
            fit.data()
                    .forEach(part -> told.add(part.name() + " " + part.rows() + " " + part.classes() + " "
                            + part.lengths().orElseThrow().bins().stream()
                                    .mapToLong(Lengths.Bin::count)
                                    .sum()));
        }

        @Override
        public void opening() {}

        @Override
        public void ended(FitRecord fit) {}

        @Override
        public void closing() {}
    }

    /** Of three classes each process knows two. */
    private static Dataset<Text> shard(int rank, int count) {
        final List<String> texts = new ArrayList<>();
        final List<String> labels = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            texts.add(TinyData.review(i));
            labels.add("class " + (rank + i % 2));
        }
        return Dataset.texts(texts, labels);
    }

    /** The losses of all steps, the loss and the accuracy of the last evaluation, and a sum of all weights. */
    static String told(FineTuned<?> tuned) {
        final TrainingHistory history = tuned.history().orElseThrow();
        return history.steps().stream()
                        .map(step -> Double.toString(step.loss()))
                        .toList() + " "
                + history.kept()
                        .flatMap(report -> report.validation())
                        .map(metrics ->
                                metrics.get("loss") + " " + metrics.get("auroc") + " " + metrics.get("accuracy"))
                        .orElse("-")
                + " " + sum(tuned);
    }

    private static String sum(FineTuned<?> tuned) {
        int sum = 0;
        for (Parameter parameter : tuned.assembly().network().parameters()) {
            sum = 31 * sum + Arrays.hashCode(TensorValues.floats(parameter.value()));
        }
        return Integer.toHexString(sum);
    }
}
