package dev.finetune.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import dev.finetune.head.Prediction;
import dev.finetune.testkit.TinyData;
import dev.finetune.testkit.TinyModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScoringTest {
    private static final StructType SCHEMA =
            new StructType().add("id", DataTypes.IntegerType).add("review", DataTypes.StringType);

    @TempDir
    static Path folder;

    private static SparkSession spark;
    private static Path classes;

    @BeforeAll
    static void start() {
        spark = Sessions.local(2);
        classes = SavedModels.classes(folder.resolve("classes"));
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    private static Dataset<Row> reviews(int count) {
        final List<Row> rows = IntStream.range(0, count)
                .mapToObj(i -> RowFactory.create(i, TinyData.review(i)))
                .toList();
        return spark.createDataFrame(rows, SCHEMA).repartition(3);
    }

    private static SparkModel<Text> model() {
        return SparkModel.load(classes, TextColumns.of("review"));
    }

    @Test
    void aDataFrameIsScoredWithWhatTheModelPredicts() {
        final List<Row> scored =
                model().rowsAtOnce(50).transform(reviews(400)).sort("id").collectAsList();
        try (FineTuned<Text> tuned = FineTuned.load(classes, Text.class)) {
            final List<Prediction> expected = tuned.predict(IntStream.range(0, 400)
                    .mapToObj(i -> Text.of(TinyData.review(i)))
                    .toList());
            assertThat(scored).hasSize(400);
            for (int i = 0; i < 400; i++) {
                final Row row = scored.get(i);
                assertThat(row.<String>getAs("review")).isEqualTo(TinyData.review(i));
                assertThat(row.<String>getAs("prediction"))
                        .isEqualTo(expected.get(i).label());
                assertThat(row.<Double>getAs("probability"))
                        .isEqualTo(expected.get(i).probability(), within(1e-5));
                final Map<String, Double> probabilities = row.getJavaMap(row.fieldIndex("probabilities"));
                assertThat(probabilities.keySet()).containsExactly("negative", "positive");
                assertThat(probabilities.get("positive"))
                        .isEqualTo(expected.get(i).probability("positive"), within(1e-5));
                assertThat(row.<String>getAs("error")).isNull();
            }
        }
    }

    @Test
    void rowsThatCannotBeReadAreKeptWithTheReasonAndFailNoJob() {
        final List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            rows.add(RowFactory.create(i, i % 10 == 3 ? null : TinyData.review(i)));
        }
        final List<Row> scored = model().transform(
                        spark.createDataFrame(rows, SCHEMA).repartition(2))
                .sort("id")
                .collectAsList();
        assertThat(scored).hasSize(30);
        for (Row row : scored) {
            final boolean isBad = row.getInt(0) % 10 == 3;
            assertThat(row.isNullAt(row.fieldIndex("prediction"))).isEqualTo(isBad);
            assertThat(row.<String>getAs("error")).isEqualTo(isBad ? "The column \"review\" is null." : null);
        }
    }

    @Test
    void aHeadOfSeveralLabelsGivesAnArray() {
        final List<Row> scored = SparkModel.load(SavedModels.topics(folder.resolve("topics")), TextColumns.of("review"))
                .transform(reviews(4))
                .sort("id")
                .collectAsList();
        assertThat(scored.get(0).getList(scored.get(0).fieldIndex("prediction")))
                .isEqualTo(List.of("good"));
        assertThat(scored.get(1).getList(scored.get(1).fieldIndex("prediction")))
                .isEqualTo(List.of("bad"));
        assertThat(scored.get(0).getJavaMap(scored.get(0).fieldIndex("probabilities")))
                .containsOnlyKeys("good", "bad");
    }

    @Test
    void aRegressionGivesANumber() {
        final Path directory = SavedModels.number(folder.resolve("number"));
        final List<Row> scored = SparkModel.load(directory, TextColumns.of("review"))
                .transform(reviews(4))
                .sort("id")
                .collectAsList();
        try (FineTuned<Text> tuned = FineTuned.load(directory, Text.class)) {
            for (Row row : scored) {
                assertThat(row.<Double>getAs("prediction"))
                        .isEqualTo(tuned.predict(Text.of(row.getAs("review"))).value(), within(1e-5));
            }
        }
    }

    @Test
    void featuresGiveAVector() {
        final Path directory = folder.resolve("features");
        try (FineTuned<Text> tuned = FineTuner.from(TinyModels.bert())
                .head(Heads.features(Pooling.MEAN))
                .untrained(Text.class)) {
            tuned.save(directory);
        }
        final Row row = SparkModel.load(directory, TextColumns.of("review"))
                .transform(reviews(1))
                .first();
        assertThat(row.<Float>getList(row.fieldIndex("prediction"))).hasSize(16);
    }

    @Test
    void columnsThatAreNotThereAreNamedBeforeAnythingRuns() {
        assertThatThrownBy(() -> model().columns(TextColumns.of("text")).transform(reviews(1)))
                .isInstanceOf(FinetuneException.class)
                .hasMessage("There is no column \"text\" in the data frame; it has id, review.");
        assertThatThrownBy(() -> model().columns(TextColumns.of("id")).transform(reviews(1)))
                .isInstanceOf(FinetuneException.class)
                .hasMessage("The column \"id\" is of type int, not a string, which a text is: cast it.");
    }

    @Test
    void columnsOfTheSameNamesAreNotReplaced() {
        final Dataset<Row> rows = reviews(2).withColumnRenamed("id", "Error");
        assertThatThrownBy(() -> model().transform(rows))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("\"Error\" already");
        assertThat(model().prefix("mood_").transform(rows).columns())
                .containsExactly(
                        "Error", "review", "mood_prediction", "mood_probability", "mood_probabilities", "mood_error");
    }

    @Test
    void whereTheDriverIsTheExecutorNothingIsSent() {
        assertThat(model().shipped()
                        .transform(reviews(10))
                        .filter("prediction is not null")
                        .count())
                .isEqualTo(10);
    }

    @Test
    void aModelThatWasSavedAnewSinceIsRefusedNotMixedWithTheOldOne() {
        final Path directory = SavedModels.classes(folder.resolve("changing"));
        final SparkModel<Text> model = SparkModel.load(directory, TextColumns.of("review"));
        SavedModels.number(directory);
        assertThatThrownBy(() -> model.transform(reviews(10)).collectAsList())
                .hasStackTraceContaining("isn't the one that the driver loaded");
    }

    @Test
    void aModelThatHasNoColumnsIsRefused() {
        assertThatThrownBy(() -> SparkModel.load(TinyModels.bert(), TextColumns.of("review")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("can't be scored");
    }
}
