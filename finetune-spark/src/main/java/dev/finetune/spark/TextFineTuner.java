package dev.finetune.spark;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.apache.spark.ml.Estimator;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.ParamValidators;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.types.StructType;

/**
 * Fine-tunes a model on texts, as a stage of a pipeline: {@link SparkFineTuner} with Spark ML's parameters. What has no parameter is
 * said by a {@link TunerRecipe}.
 *
 * <pre>{@code
 * TextFineTuner tuner = new TextFineTuner().setPretrained("/models/bert").setTextCol("review").setLabelCol("stars").setWorkers(8);
 * PipelineModel model = new Pipeline().setStages(new PipelineStage[] {tuner}).fit(reviews);
 * model.write().save("hdfs:///models/reviews");
 * }</pre>
 *
 * <p>The part of the rows that is evaluated on is held back as by {@link dev.finetune.FineTuner#fit(dev.finetune.data.Dataset)};
 * classes are those found in the data.
 */
public final class TextFineTuner extends Estimator<TextFineTuned> implements TextParams, DefaultParamsWritable {
    private static final long serialVersionUID = 1L;

    private final String uid;
    private final Param<String> pretrained;
    private final Param<String> textCol;
    private final Param<String> secondTextCol;
    private final Param<String> labelCol;
    private final Param<String> labelKind;
    private final Param<String> outputPrefix;
    private final IntParam freeze;
    private final DoubleParam learningRate;
    private final DoubleParam epochs;
    private final IntParam batchSize;
    private final IntParam maxLength;
    private final LongParam seed;
    private final Param<String> recipe;
    private final IntParam workers;
    private final IntParam attempts;
    private final BooleanParam streamed;
    private final Param<String> savedTo;

    /** Makes one with a name of its own. */
    public TextFineTuner() {
        this(Identifiable.randomUID("textFineTuner"));
    }

    /**
     * Makes one of a name.
     *
     * @param uid unique
     */
    public TextFineTuner(String uid) {
        this.uid = Objects.requireNonNull(uid, "uid");
        pretrained = new Param<>(
                this,
                "pretrained",
                "what training starts from: a directory that executors see, a model in a jar, or a model id");
        textCol = new Param<>(this, "textCol", TEXT);
        secondTextCol = new Param<>(this, "secondTextCol", SECOND_TEXT);
        labelCol = new Param<>(this, "labelCol", "the column of labels");
        labelKind = new Param<>(
                this,
                "labelKind",
                "what a label is: category (one class), categories (an array of classes) or value (a number)",
                ParamValidators.inArray(List.of("category", "categories", "value")));
        outputPrefix = new Param<>(this, "outputPrefix", PREFIX);
        freeze = new IntParam(
                this,
                "freeze",
                "how many layers are frozen, with the embeddings; nothing is if not set",
                ParamValidators.gtEq(0));
        learningRate = new DoubleParam(
                this, "learningRate", "the peak learning rate; the tuner's default if not set", ParamValidators.gt(0));
        epochs = new DoubleParam(
                this, "epochs", "passes over the data; the tuner's default if not set", ParamValidators.gt(0));
        batchSize = new IntParam(
                this,
                "batchSize",
                "rows of a worker in a step; the tuner's default if not set",
                ParamValidators.gtEq(1));
        maxLength = new IntParam(
                this,
                "maxLength",
                "the most tokens of a text; the tuner's default if not set",
                ParamValidators.gtEq(1));
        seed = new LongParam(this, "seed", "of all that is drawn; the tuner's default if not set");
        recipe = new Param<>(
                this, "recipe", "the name of a class, a TunerRecipe, that says what has no parameter; none if not set");
        workers = new IntParam(this, "workers", "executors that train together", ParamValidators.gtEq(1));
        attempts = new IntParam(
                this,
                "attempts",
                "how often training is begun at most, where workers are lost",
                ParamValidators.gtEq(1));
        streamed = new BooleanParam(
                this, "streamed", "whether workers keep their rows on disk: for data larger than their heaps");
        savedTo = new Param<>(
                this,
                "savedTo",
                "a directory that driver and executors see, which the model is saved to; if not set it travels to the driver");
        setDefault(textCol, "text");
        setDefault(labelCol, "label");
        setDefault(labelKind, "category");
        setDefault(outputPrefix, "");
        setDefault(workers, 1);
        setDefault(attempts, 1);
        setDefault(streamed, false);
    }

    /** {@return the estimator of that name that was saved there, as pipelines do it} */
    public static MLReader<TextFineTuner> read() {
        return new DefaultParamsReader<>();
    }

    /**
     * {@return the estimator that was saved there}
     *
     * @param path which it was saved to
     */
    public static TextFineTuner load(String path) {
        return read().load(path);
    }

    @Override
    public String uid() {
        return uid;
    }

    @Override
    public TextFineTuner copy(ParamMap extra) {
        return defaultCopy(extra);
    }

    /**
     * {@return the model, trained on the rows}
     *
     * @param rows with the columns of texts and labels
     * @throws dev.finetune.error.FinetuneException as {@link SparkFineTuner#fit}
     */
    @Override
    public TextFineTuned fit(Dataset<?> rows) {
        final SparkFineTuner inMemory = SparkFineTuner.of(Tuning.of(this, classes(rows)))
                .workers((Integer) getOrDefault(workers))
                .attempts((Integer) getOrDefault(attempts));
        final SparkFineTuner spark = (Boolean) getOrDefault(streamed) ? inMemory.streamed() : inMemory;
        final SparkFineTuner placed = isSet(savedTo) ? spark.savedTo(Path.of(getOrDefault(savedTo))) : spark;
        final TextFineTuned model = new TextFineTuned(uid, placed.fit(rows.toDF(), labelled()));
        return copyValues(model, ParamMap.empty()).setParent(this);
    }

    private int classes(Dataset<?> rows) {
        if (kind() != OutputColumns.Kind.CATEGORY) {
            return 0;
        }
        labelled().checkLabels(rows.schema());
        return Math.toIntExact(rows.toDF()
                .select(TrainingStage.named(rows.toDF(), getOrDefault(labelCol)))
                .distinct()
                .count());
    }

    private TextColumns labelled() {
        final String label = getOrDefault(labelCol);
        return switch (getOrDefault(labelKind)) {
            case "category" -> texts().category(label);
            case "categories" -> texts().categories(label);
            default -> texts().values(label);
        };
    }

    /**
     * {@return the schema as the model's {@link TextFineTuned#transform} gives it}
     *
     * @param schema of the rows to train on
     */
    @Override
    public StructType transformSchema(StructType schema) {
        labelled().checkInputs(schema);
        labelled().checkLabels(schema);
        return new OutputColumns(kind(), getOrDefault(outputPrefix)).appendedTo(schema);
    }

    private OutputColumns.Kind kind() {
        return switch (getOrDefault(labelKind)) {
            case "category" -> OutputColumns.Kind.CATEGORY;
            case "categories" -> OutputColumns.Kind.CATEGORIES;
            default -> OutputColumns.Kind.NUMBER;
        };
    }

    /** {@return what training starts from: a directory that executors see, a model in a jar, or a model id} */
    public Param<String> pretrained() {
        return pretrained;
    }

    /**
     * {@return this, with a value for {@link #pretrained}}
     *
     * @param value what training starts from: a directory that executors see, a model in a jar, or a model id
     */
    public TextFineTuner setPretrained(String value) {
        set(pretrained, value);
        return this;
    }

    @Override
    public Param<String> textCol() {
        return textCol;
    }

    /**
     * {@return this, with a value for {@link #textCol}}
     *
     * @param value the column of texts; text by default
     */
    public TextFineTuner setTextCol(String value) {
        set(textCol, value);
        return this;
    }

    @Override
    public Param<String> secondTextCol() {
        return secondTextCol;
    }

    /**
     * {@return this, with a value for {@link #secondTextCol}}
     *
     * @param value the column of the second texts of pairs; none if not set
     */
    public TextFineTuner setSecondTextCol(String value) {
        set(secondTextCol, value);
        return this;
    }

    /** {@return the column of labels; label by default} */
    public Param<String> labelCol() {
        return labelCol;
    }

    /**
     * {@return this, with a value for {@link #labelCol}}
     *
     * @param value the column of labels; label by default
     */
    public TextFineTuner setLabelCol(String value) {
        set(labelCol, value);
        return this;
    }

    /** {@return what a label is: category (one class), categories (an array of classes) or value (a number); category by default} */
    public Param<String> labelKind() {
        return labelKind;
    }

    /**
     * {@return this, with a value for {@link #labelKind}}
     *
     * @param value what a label is: category (one class), categories (an array of classes) or value (a number); category by default
     */
    public TextFineTuner setLabelKind(String value) {
        set(labelKind, value);
        return this;
    }

    @Override
    public Param<String> outputPrefix() {
        return outputPrefix;
    }

    /**
     * {@return this, with a value for {@link #outputPrefix}}
     *
     * @param value what the names of the columns with predictions begin with; nothing by default
     */
    public TextFineTuner setOutputPrefix(String value) {
        set(outputPrefix, value);
        return this;
    }

    /** {@return how many layers are frozen, with the embeddings; nothing is if not set} */
    public IntParam freeze() {
        return freeze;
    }

    /**
     * {@return this, with a value for {@link #freeze}}
     *
     * @param value how many layers are frozen, with the embeddings; nothing is if not set
     */
    public TextFineTuner setFreeze(int value) {
        set(freeze, value);
        return this;
    }

    /** {@return the peak learning rate; the tuner's default if not set} */
    public DoubleParam learningRate() {
        return learningRate;
    }

    /**
     * {@return this, with a value for {@link #learningRate}}
     *
     * @param value the peak learning rate; the tuner's default if not set
     */
    public TextFineTuner setLearningRate(double value) {
        set(learningRate, value);
        return this;
    }

    /** {@return passes over the data; the tuner's default if not set} */
    public DoubleParam epochs() {
        return epochs;
    }

    /**
     * {@return this, with a value for {@link #epochs}}
     *
     * @param value passes over the data; the tuner's default if not set
     */
    public TextFineTuner setEpochs(double value) {
        set(epochs, value);
        return this;
    }

    /** {@return rows of a worker in a step; the tuner's default if not set} */
    public IntParam batchSize() {
        return batchSize;
    }

    /**
     * {@return this, with a value for {@link #batchSize}}
     *
     * @param value rows of a worker in a step; the tuner's default if not set
     */
    public TextFineTuner setBatchSize(int value) {
        set(batchSize, value);
        return this;
    }

    /** {@return the most tokens of a text; the tuner's default if not set} */
    public IntParam maxLength() {
        return maxLength;
    }

    /**
     * {@return this, with a value for {@link #maxLength}}
     *
     * @param value the most tokens of a text; the tuner's default if not set
     */
    public TextFineTuner setMaxLength(int value) {
        set(maxLength, value);
        return this;
    }

    /** {@return of all that is drawn; the tuner's default if not set} */
    public LongParam seed() {
        return seed;
    }

    /**
     * {@return this, with a value for {@link #seed}}
     *
     * @param value of all that is drawn; the tuner's default if not set
     */
    public TextFineTuner setSeed(long value) {
        set(seed, value);
        return this;
    }

    /** {@return the name of a class, a TunerRecipe, that says what has no parameter; none if not set} */
    public Param<String> recipe() {
        return recipe;
    }

    /**
     * {@return this, with a value for {@link #recipe}}
     *
     * @param value the name of a class, a TunerRecipe, that says what has no parameter; none if not set
     */
    public TextFineTuner setRecipe(String value) {
        set(recipe, value);
        return this;
    }

    /** {@return executors that train together; 1 by default} */
    public IntParam workers() {
        return workers;
    }

    /**
     * {@return this, with a value for {@link #workers}}
     *
     * @param value executors that train together; 1 by default
     */
    public TextFineTuner setWorkers(int value) {
        set(workers, value);
        return this;
    }

    /** {@return how often training is begun at most, where workers are lost; 1 by default} */
    public IntParam attempts() {
        return attempts;
    }

    /**
     * {@return this, with a value for {@link #attempts}}
     *
     * @param value how often training is begun at most, where workers are lost; 1 by default
     */
    public TextFineTuner setAttempts(int value) {
        set(attempts, value);
        return this;
    }

    /** {@return whether workers keep their rows on disk: for data larger than their heaps; false by default} */
    public BooleanParam streamed() {
        return streamed;
    }

    /**
     * {@return this, with a value for {@link #streamed}}
     *
     * @param value whether workers keep their rows on disk: for data larger than their heaps; false by default
     */
    public TextFineTuner setStreamed(boolean value) {
        set(streamed, value);
        return this;
    }

    /** {@return a directory that driver and executors see, which the model is saved to; if not set it travels to the driver} */
    public Param<String> savedTo() {
        return savedTo;
    }

    /**
     * {@return this, with a value for {@link #savedTo}}
     *
     * @param value a directory that driver and executors see, which the model is saved to; if not set it travels to the driver
     */
    public TextFineTuner setSavedTo(String value) {
        set(savedTo, value);
        return this;
    }
}
