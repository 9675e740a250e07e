package dev.finetune.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.testkit.TinyData;
import dev.finetune.testkit.TinyModels;
import dev.finetune.train.Checkpoints;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.sql.Column;
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

/** What needs no executors of its own. */
class LocalTrainingTest {
    @TempDir
    static Path folder;

    private static SparkSession spark;
    private static String bert;

    @BeforeAll
    static void start() {
        spark = Sessions.local(2);
        bert = TinyModels.bert(folder.resolve("bert")).toString();
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    private static Dataset<Row> reviews() {
        final List<Row> rows = IntStream.range(0, 60)
                .mapToObj(i -> RowFactory.create(TinyData.review(i), SavedModels.label(i)))
                .toList();
        return spark.createDataFrame(
                rows, new StructType().add("review", DataTypes.StringType).add("mood", DataTypes.StringType));
    }

    private static TunerSource tuner() {
        final String from = bert;
        return () -> FineTuner.from(Path.of(from)).head(2).lr(3e-3).epochs(4);
    }

    @Test
    void aPipelineThatIsTrainedSavedAndLoadedScores() throws IOException {
        final TextFineTuner estimator = new TextFineTuner()
                .setPretrained(bert)
                .setTextCol("review")
                .setLabelCol("mood")
                .setLearningRate(3e-3)
                .setEpochs(4)
                .setOutputPrefix("mood_");
        final String path = folder.resolve("pipeline").toString();
        new Pipeline()
                .setStages(new PipelineStage[] {estimator})
                .fit(reviews())
                .write()
                .save(path);
        final Dataset<Row> scored = PipelineModel.load(path).transform(reviews());
        assertThat(scored.filter("mood_prediction = mood").count()).isEqualTo(60);
    }

    @Test
    void workersThatWouldShareAProcessAreRefused() {
        assertThatThrownBy(() -> SparkFineTuner.of(tuner()).workers(2).fit(reviews(), TextColumns.of("review", "mood")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("workers(2) needs an executor each");
    }

    @Test
    void attemptsWithoutCheckpointsAreRefused() {
        assertThatThrownBy(
                        () -> SparkFineTuner.of(tuner()).attempts(2).fit(reviews(), TextColumns.of("review", "mood")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("checkpoints(Checkpoints.in(directory).resume())");
    }

    @Test
    void whatWouldComeAgainIsToldAtOnceHoweverManyAttemptsThereAre() throws IOException {
        final String from = bert;
        final Path begun = Files.createDirectories(folder.resolve("begun"));
        final String directory = begun.toString();
        final SparkFineTuner tuner = SparkFineTuner.of(() -> {
                    mark(Path.of(directory));
                    return FineTuner.from(Path.of(from))
                            .head("negative", "neutral")
                            .checkpoints(
                                    Checkpoints.in(Path.of(directory, "none")).resume());
                })
                .attempts(3);
        assertThatThrownBy(() -> tuner.fit(reviews(), TextColumns.of("review", "mood")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageStartingWith("Training on Spark failed: ")
                .hasMessageContaining("positive")
                .hasMessageNotContaining("\tat ")
                .hasMessageNotContaining("attempt");
        try (Stream<Path> marks = Files.list(begun)) {
            assertThat(marks.filter(mark -> mark.getFileName().toString().endsWith(".mark")))
                    .as("made to look at the settings, and by the only attempt")
                    .hasSize(2);
        }
    }

    private static void mark(Path directory) {
        try {
            Files.createTempFile(directory, "tuner", ".mark");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void streamedRowsTrainWhatAStreamOfTheSameRowsTrains() {
        final String from = bert;
        final TunerSource source = () -> FineTuner.from(Path.of(from))
                .head("negative", "positive")
                .lr(3e-3)
                .epochs(3)
                .batchSize(8)
                .seed(5);
        final Dataset<Row> rows = reviews();
        final Column[] read = {rows.col("review"), rows.col("mood")};
        final List<Example<Text>> examples = rows.sort(Mixing.order(read, 5)).collectAsList().stream()
                .map(row -> new Example<>(Text.of(row.getString(0)), Label.of(row.getString(1))))
                .toList();
        assertThat(examples).hasSize(60);
        final SparkModel<Text> model =
                SparkFineTuner.of(source).streamed().fitAll(rows, TextColumns.of("review", "mood"));
        try (FineTuned<Text> streamed = model.open();
                FineTuned<Text> expected = source.get()
                        .maxSteps(3 * 8)
                        .fitAll(dev.finetune.data.Dataset.streamed(Text.class, examples::stream))) {
            for (Example<Text> example : examples) {
                assertThat(streamed.predict(example.input()).probability())
                        .isEqualTo(expected.predict(example.input()).probability());
            }
        }
    }

    @Test
    void ofStreamedRowsAPartIsHeldBackToo() {
        final Dataset<Row> rows = reviews();
        final Column[] read = {rows.col("review"), rows.col("mood")};
        final List<Row> held = rows.filter(Mixing.isHeldBack(read, 1, 0.3)).collectAsList();
        assertThat(held).hasSizeBetween(9, 27).isSubsetOf(rows.collectAsList());
        assertThat(rows.filter(Mixing.isHeldBack(read, 2, 0.3)).collectAsList()).isNotEqualTo(held);
        final SparkModel<Text> model =
                SparkFineTuner.of(tuner()).streamed().fit(rows, TextColumns.of("review", "mood"));
        assertThat(model.transform(rows).filter("prediction = mood").count()).isEqualTo(60);
    }

    @Test
    void stepsOfStreamedRowsAreThoseOfAsManyInMemory() {
        final FineTuner tuner = FineTuner.from(Path.of(bert)).batchSize(8).epochs(2.5);
        assertThat(TrainingTask.ofKnownLength(tuner, 33).settings().maxSteps()).isEqualTo(13);
        assertThat(TrainingTask.ofKnownLength(tuner.optimization(o -> o.accumulate(2)), 33)
                        .settings()
                        .maxSteps())
                .isEqualTo(8);
        assertThat(TrainingTask.ofKnownLength(tuner.maxSteps(3), 33).settings().maxSteps())
                .isEqualTo(3);
    }

    @Test
    void anEstimatorIsSavedAndLoadedWithItsParameters() throws IOException {
        final String path = folder.resolve("estimator").toString();
        final TextFineTuner estimator = new TextFineTuner()
                .setPretrained(bert)
                .setTextCol("review")
                .setLabelKind("value")
                .setEpochs(2.5)
                .setFreeze(4)
                .setRecipe(Doubled.class.getName());
        new Pipeline().setStages(new PipelineStage[] {estimator}).write().save(path);
        final TextFineTuner loaded = (TextFineTuner) Pipeline.load(path).getStages()[0];
        assertThat(loaded.uid()).isEqualTo(estimator.uid());
        assertThat(loaded.explainParams()).isEqualTo(estimator.explainParams());
        assertThat(Tuning.of(loaded, 0).get().settings().epochs()).isEqualTo(5);
        assertThat(loaded.transformSchema(new StructType()
                                .add("review", DataTypes.StringType)
                                .add("label", DataTypes.DoubleType))
                        .fieldNames())
                .containsExactly("review", "label", "prediction", "error");
    }

    @Test
    void whatAnEstimatorLacksIsToldByName() {
        assertThatThrownBy(() -> Tuning.of(new TextFineTuner(), 2)).hasMessageContaining("setPretrained");
        assertThatThrownBy(
                        () -> Tuning.of(new TextFineTuner().setPretrained(bert).setRecipe("no.Such"), 2)
                                .get())
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("no.Such");
        assertThatThrownBy(() -> new TextFineTuner().setLabelKind("sum")).hasMessageContaining("labelKind");
    }

    @Test
    void theCoresOfAnExecutorAreReadOffItsSettingsOrItsCommandLine() {
        assertThat(ExecutorThreads.cores(3, "")).hasValue(3);
        assertThat(ExecutorThreads.cores(0, "Backend --cores 2 --app-id 1")).hasValue(2);
        assertThat(ExecutorThreads.cores(0, "Main")).isEmpty();
    }

    /** Doubles the epochs. */
    public static final class Doubled implements TunerRecipe {
        @Override
        public FineTuner apply(FineTuner tuner) {
            return tuner.epochs(2 * tuner.settings().epochs());
        }
    }
}
