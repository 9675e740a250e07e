package dev.finetune.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.data.Text;
import dev.finetune.testkit.TinyData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterScoringTest {
    @TempDir
    static Path folder;

    @Test
    void executorsThatStartAtOnceOnAnEmptyCacheOfNativesScoreWithFilesThatSparkSent()
            throws IOException, InterruptedException {
        final Path natives = folder.resolve("natives");
        final SparkModel<Text> model = SparkModel.load(
                        SavedModels.classes(folder.resolve("model")), TextColumns.of("review"))
                .shipped();
        try (StandaloneCluster cluster = StandaloneCluster.start(folder, 2);
                SparkSession spark = cluster.session(Map.of("FINETUNE_NATIVE_CACHE", natives.toString()))
                        .config("spark.scheduler.minRegisteredResourcesRatio", "1.0")
                        .config("spark.cores.max", "2")
                        .getOrCreate()) {
            final List<Row> rows = IntStream.range(0, 64)
                    .mapToObj(i -> RowFactory.create(i, TinyData.review(i)))
                    .toList();
            final Dataset<Row> reviews = spark.createDataFrame(
                            rows,
                            new StructType().add("id", DataTypes.IntegerType).add("review", DataTypes.StringType))
                    .repartition(2, functions.col("id"));
            final List<Row> scored = model.transform(reviews)
                    .withColumn("partition", functions.spark_partition_id())
                    .sort("id")
                    .collectAsList();
            assertThat(scored.stream()
                            .map(row -> row.<Integer>getAs("partition"))
                            .distinct())
                    .hasSize(2);
            try (FineTuned<Text> here = model.open()) {
                for (Row row : scored) {
                    assertThat(row.<Double>getAs("probability"))
                            .isEqualTo(
                                    here.predict(Text.of(row.getAs("review"))).probability(), within(1e-5));
                }
            }
            assertThat(spark.sparkContext().statusTracker().getExecutorInfos()).hasSize(3); // The driver is one.
        }
        try (Stream<Path> unpacked = Files.walk(natives)) {
            assertThat(unpacked.filter(path -> path.getFileName().toString().startsWith("libtorch_cpu")))
                    .isNotEmpty();
        }
    }
}
