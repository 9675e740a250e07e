package dev.finetune.spark;

import dev.finetune.FineTuner;
import dev.finetune.data.Text;
import dev.finetune.train.Checkpoints;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** What docs/spark.md shows, compiled. */
final class Documented {
    private Documented() {}

    static List<Object> scoring(Dataset<Row> reviews) {
        SparkModel<Text> model = SparkModel.load(Path.of("/models/reviews"), TextColumns.of("review"));
        Dataset<Row> scored = model.transform(reviews);
        return List.of(scored);
    }

    static List<Object> training(Dataset<Row> train, Dataset<Row> validation) {
        SparkFineTuner spark = SparkFineTuner.of(
                        () -> FineTuner.from("/models/bert").head(2).lr(5e-5))
                .workers(8)
                .savedTo(Path.of("/models/reviews"));
        SparkModel<Text> tuned = spark.fit(train, validation, TextColumns.of("review", "stars"));
        return List.of(tuned);
    }

    static List<Object> streamed(SparkFineTuner spark, Dataset<Row> train, Dataset<Row> validation) {
        SparkModel<Text> large = spark.streamed().fit(train, validation, TextColumns.of("review", "stars"));
        return List.of(large);
    }

    static List<Object> goingOn() {
        SparkFineTuner lasting = SparkFineTuner.of(() -> FineTuner.from("/models/bert")
                        .head(2)
                        .checkpoints(Checkpoints.in(Path.of("/shared/checkpoints"))
                                .everySteps(100)
                                .resume()))
                .workers(8)
                .attempts(3);
        return List.of(lasting);
    }

    static void pipeline(Dataset<Row> reviews) throws IOException {
        TextFineTuner estimator = new TextFineTuner()
                .setPretrained("/models/bert")
                .setTextCol("review")
                .setLabelCol("stars")
                .setWorkers(8);
        PipelineModel pipeline =
                new Pipeline().setStages(new PipelineStage[] {estimator}).fit(reviews);
        pipeline.write().overwrite().save("hdfs:///models/reviews");
    }
}
