package dev.finetune.spark;

import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.util.Objects;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.ml.Model;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWriter;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWritable;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/**
 * What {@link TextFineTuner} trained, as a stage of a pipeline: {@link SparkModel} with Spark ML's parameters. Saved with the
 * pipeline, to any of Hadoop's file systems; loaded, it is brought to the driver, which has Spark send it to executors.
 */
public final class TextFineTuned extends Model<TextFineTuned> implements TextParams, MLWritable {
    private static final long serialVersionUID = 1L;
    private static final String FILES = "model";

    private final String uid;
    private final transient SparkModel<Text> model;
    private final Param<String> textCol;
    private final Param<String> secondTextCol;
    private final Param<String> outputPrefix;

    /**
     * A model that was trained or saved elsewhere, as a stage.
     *
     * @param uid unique, as {@code Identifiable.randomUID("textFineTuned")} makes one
     * @param model whose columns and prefix the parameters replace
     */
    public TextFineTuned(String uid, SparkModel<Text> model) {
        this.uid = Objects.requireNonNull(uid, "uid");
        this.model = Objects.requireNonNull(model, "model");
        textCol = new Param<>(this, "textCol", TextParams.TEXT);
        secondTextCol = new Param<>(this, "secondTextCol", TextParams.SECOND_TEXT);
        outputPrefix = new Param<>(this, "outputPrefix", TextParams.PREFIX);
        setDefault(textCol, "text");
        setDefault(outputPrefix, "");
    }

    /** {@return what reads models that were saved, as pipelines do it} */
    public static MLReader<TextFineTuned> read() {
        return new Reader();
    }

    /**
     * {@return the model that was saved there}
     *
     * @param path which it was saved to
     */
    public static TextFineTuned load(String path) {
        return read().load(path);
    }

    /** {@return the model itself} */
    public SparkModel<Text> model() {
        return model;
    }

    @Override
    public Dataset<Row> transform(Dataset<?> rows) {
        return said().transform(rows.toDF());
    }

    @Override
    public StructType transformSchema(StructType schema) {
        return said().transformSchema(schema);
    }

    private SparkModel<Text> said() {
        return model.columns(texts()).prefix(getOrDefault(outputPrefix));
    }

    @Override
    public String uid() {
        return uid;
    }

    @Override
    public TextFineTuned copy(ParamMap extra) {
        final TextFineTuned copy = copyValues(new TextFineTuned(uid, model), extra);
        return hasParent() ? copy.setParent(parent()) : copy;
    }

    @Override
    public MLWriter write() {
        return new Writer(this);
    }

    @Override
    public Param<String> textCol() {
        return textCol;
    }

    @Override
    public Param<String> secondTextCol() {
        return secondTextCol;
    }

    @Override
    public Param<String> outputPrefix() {
        return outputPrefix;
    }

    /**
     * {@return this, with another column of texts}
     *
     * @param value its name
     */
    public TextFineTuned setTextCol(String value) {
        set(textCol, value);
        return this;
    }

    /**
     * {@return this, with a column of the second texts of pairs}
     *
     * @param value its name
     */
    public TextFineTuned setSecondTextCol(String value) {
        set(secondTextCol, value);
        return this;
    }

    /**
     * {@return this, with another beginning of the names of columns with predictions}
     *
     * @param value such as "mood_"
     */
    public TextFineTuned setOutputPrefix(String value) {
        set(outputPrefix, value);
        return this;
    }

    private static final class Writer extends MLWriter {
        private final TextFineTuned stage;

        Writer(TextFineTuned stage) {
            this.stage = stage;
        }

        @Override
        public void saveImpl(String path) {
            DefaultParamsWriter.saveMetadata(stage, path, sparkSession());
            final Configuration conf = sparkSession().sparkContext().hadoopConfiguration();
            try {
                final Path to = new Path(path, FILES);
                final FileSystem there = to.getFileSystem(conf);
                for (java.nio.file.Path file : Fingerprint.files(stage.model.directory())) {
                    there.copyFromLocalFile(
                            new Path(file.toUri()), new Path(to, Fingerprint.named(stage.model.directory(), file)));
                }
            } catch (IOException e) {
                throw new FinetuneException("The model can't be saved to " + path + ": " + e, e);
            }
        }
    }

    private static final class Reader extends MLReader<TextFineTuned> {
        @Override
        public TextFineTuned load(String path) {
            final DefaultParamsReader.Metadata metadata =
                    DefaultParamsReader.loadMetadata(path, sparkSession(), TextFineTuned.class.getName());
            final Configuration conf = sparkSession().sparkContext().hadoopConfiguration();
            try {
                final java.nio.file.Path directory = Folder.temporary();
                final Path from = new Path(path, FILES);
                from.getFileSystem(conf)
                        .copyToLocalFile(
                                false, from, new Path(directory.resolve(FILES).toUri()), true);
                final SparkModel<Text> model = SparkModel.load(directory.resolve(FILES), TextColumns.of("text"))
                        .shipped();
                final TextFineTuned stage = new TextFineTuned(metadata.uid(), model);
                metadata.getAndSetParams(stage, metadata.getAndSetParams$default$2());
                return stage;
            } catch (IOException e) {
                throw new FinetuneException("The model can't be loaded from " + path + ": " + e, e);
            }
        }
    }
}
