package dev.finetune.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.testkit.TinyData;
import dev.finetune.testkit.TinyModels;
import dev.finetune.train.Checkpoints;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** With two workers, each a process with an executor that is one, too. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterTest {
    private static final StructType SCHEMA = new StructType()
            .add("id", DataTypes.IntegerType)
            .add("review", DataTypes.StringType)
            .add("mood", DataTypes.StringType);

    @TempDir
    static Path folder;

    private static final Map<String, Double> uninterrupted = new HashMap<>();

    private static Path natives;
    private static StandaloneCluster cluster;
    private static SparkSession spark;
    private static String bert;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        bert = TinyModels.bert(folder.resolve("bert")).toString();
        cluster = StandaloneCluster.start(folder, 1, 2);
        natives = folder.resolve("natives");
        spark = cluster.session(Map.of("FINETUNE_NATIVE_CACHE", natives.toString()))
                .config("spark.scheduler.minRegisteredResourcesRatio", "1.0")
                .config("spark.executor.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
                .getOrCreate();
    }

    @AfterAll
    static void stop() {
        spark.stop();
        cluster.close();
    }

    private static Dataset<Row> reviews(int from, int count) {
        final List<Row> rows = IntStream.range(from, from + count)
                .mapToObj(i -> RowFactory.create(i, TinyData.review(i), SavedModels.label(i)))
                .toList();
        return spark.createDataFrame(rows, SCHEMA);
    }

    private static TunerSource tuner() {
        final String from = bert;
        return () -> FineTuner.from(Path.of(from))
                .head("negative", "positive")
                .lr(3e-3)
                .epochs(12)
                .batchSize(4);
    }

    @Order(1)
    @Test
    void executorsThatStartAtOnceOnAnEmptyCacheOfNativesScoreWithFilesThatSparkSent() throws IOException {
        final SparkModel<Text> model = SparkModel.load(
                        SavedModels.classes(folder.resolve("model")), TextColumns.of("review"))
                .shipped();
        final List<Row> scored = model.transform(reviews(0, 64).repartition(2, functions.col("id")))
                .withColumn("partition", functions.spark_partition_id())
                .collectAsList();
        assertThat(scored.stream().map(row -> row.<Integer>getAs("partition")).distinct())
                .hasSize(2);
        try (FineTuned<Text> here = model.open()) {
            for (Row row : scored) {
                assertThat(row.<Double>getAs("probability"))
                        .isEqualTo(here.predict(Text.of(row.getAs("review"))).probability(), within(1e-5));
            }
        }
        try (Stream<Path> unpacked = Files.walk(natives)) {
            assertThat(unpacked.filter(path -> path.getFileName().toString().startsWith("libtorch_cpu")))
                    .isNotEmpty();
        }
    }

    @Order(2)
    @Test
    void twoWorkersTrainAModelThatKnowsTheRowsOfBoth() {
        final SparkModel<Text> model = SparkFineTuner.of(tuner())
                .workers(2)
                .fit(reviews(0, 40), reviews(40, 20), TextColumns.of("review", "mood"));
        final List<Row> scored = model.transform(reviews(0, 60)).collectAsList();
        scored.forEach(row -> uninterrupted.put(row.getAs("review"), row.getAs("probability")));
        assertThat(scored).hasSize(60);
        assertThat(scored.stream().filter(row -> row.<Integer>getAs("id") < 40))
                .hasSize(40)
                .allSatisfy(row -> assertThat(row.<String>getAs("prediction")).isEqualTo(row.getAs("mood")));
    }

    @Order(3)
    @Test
    void anExecutorThatDiesIsReplacedAndTrainingGoesOnToTheSameModel() {
        final String flag = folder.resolve("killed").toString();
        final String checkpoints = folder.resolve("checkpoints").toString();
        final TunerSource tuner = tuner();
        final SparkModel<Text> model = SparkFineTuner.of(() -> tuner.get()
                        .checkpoints(Checkpoints.in(Path.of(checkpoints))
                                .everySteps(2)
                                .resume())
                        .listener(new DiesOnce(Path.of(flag), 9)))
                .workers(2)
                .attempts(3)
                .savedTo(folder.resolve("trained"))
                .fit(reviews(0, 40), reviews(40, 20), TextColumns.of("review", "mood"));
        assertThat(Path.of(flag)).exists();
        assertThat(uninterrupted).hasSize(60);
        try (FineTuned<Text> tuned = model.open()) {
            uninterrupted.forEach((review, probability) ->
                    assertThat(tuned.predict(Text.of(review)).probability()).isEqualTo(probability, within(1e-5)));
        }
    }

    @Order(4)
    @Test
    void twoWorkersThatKeepTheirRowsOnDiskTrainAModelThatKnowsTheRowsOfBoth() {
        final Dataset<Row> rows = reviews(0, 41); // In parts of unequal size.
        final SparkModel<Text> model = SparkFineTuner.of(tuner())
                .workers(2)
                .streamed()
                .fit(rows, reviews(40, 20), TextColumns.of("review", "mood"));
        assertThat(model.transform(rows).filter("prediction = mood").count()).isEqualTo(41);
    }

    @Order(5)
    @Test
    void aRowThatCannotBeLearnedFromIsToldAtTheFirstAttempt() {
        final String checkpoints = folder.resolve("none").toString();
        final TunerSource tuner = tuner();
        final List<Row> rows = new ArrayList<>(List.of(RowFactory.create(0, null, "positive")));
        for (int i = 1; i < 20; i++) {
            rows.add(RowFactory.create(i, TinyData.review(i), SavedModels.label(i)));
        }
        assertThatThrownBy(() -> SparkFineTuner.of(() -> tuner.get()
                                .checkpoints(
                                        Checkpoints.in(Path.of(checkpoints)).resume()))
                        .workers(2)
                        .attempts(3)
                        .fit(spark.createDataFrame(rows, SCHEMA), TextColumns.of("review", "mood")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageStartingWith("Training on Spark failed: A row of the training data can't be used: "
                        + "The column \"review\" is null.");
    }

    /** Halts the process that it is told a step in, the first time. */
    private record DiesOnce(Path flag, long step) implements TrainingListener {
        @Override
        public void stepped(StepReport report) {
            if (report.step() >= step && !Files.exists(flag)) {
                try {
                    Files.createFile(flag);
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
                Runtime.getRuntime().halt(1);
            }
        }
    }
}
