package dev.finetune.spark;

import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.head.Prediction;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import scala.jdk.javaapi.CollectionConverters;

/** The columns that scoring adds, and what a prediction puts there. The last of them is the error. */
record OutputColumns(Kind kind, String prefix) implements Serializable {
    /** What a head says of an input. */
    enum Kind {
        CATEGORY,
        CATEGORIES,
        NUMBER,
        NUMBERS,
        VECTOR;

        private DataType prediction() {
            return switch (this) {
                case CATEGORY -> DataTypes.StringType;
                case CATEGORIES -> DataTypes.createArrayType(DataTypes.StringType, false);
                case NUMBER -> DataTypes.DoubleType;
                case NUMBERS -> DataTypes.createArrayType(DataTypes.DoubleType, false);
                case VECTOR -> DataTypes.createArrayType(DataTypes.FloatType, false);
            };
        }
    }

    static Kind kind(Head head) {
        if (head instanceof Head.Classification) {
            return Kind.CATEGORY;
        } else if (head instanceof Head.MultiLabel) {
            return Kind.CATEGORIES;
        } else if (head instanceof Head.Regression regression) {
            return regression.targets() == 1 ? Kind.NUMBER : Kind.NUMBERS;
        } else if (head instanceof Head.Features) {
            return Kind.VECTOR;
        }
        throw new FinetuneException("A data frame can't be scored with a model that predicts " + head
                + ": heads for classes, several labels, numbers and features have columns.");
    }

    StructType added() {
        final List<StructField> fields = new ArrayList<>();
        fields.add(field("prediction", kind.prediction()));
        if (kind == Kind.CATEGORY) {
            fields.add(field("probability", DataTypes.DoubleType));
        }
        if (kind == Kind.CATEGORY || kind == Kind.CATEGORIES) {
            fields.add(
                    field("probabilities", DataTypes.createMapType(DataTypes.StringType, DataTypes.DoubleType, false)));
        }
        fields.add(field("error", DataTypes.StringType));
        return DataTypes.createStructType(fields);
    }

    private StructField field(String name, DataType type) {
        return DataTypes.createStructField(prefix + name, type, true);
    }

    StructType appendedTo(StructType schema) {
        final List<StructField> fields = new ArrayList<>(Arrays.asList(schema.fields()));
        for (StructField field : added().fields()) {
            final Optional<String> taken = Arrays.stream(schema.fieldNames())
                    .filter(field.name()::equalsIgnoreCase)
                    .findFirst();
            if (taken.isPresent()) {
                throw new FinetuneException(
                        "The data frame has a column \"" + taken.get()
                                + "\" already, where scoring would put its own: drop or rename it, or say prefix(\"scored_\").");
            }
            fields.add(field);
        }
        return DataTypes.createStructType(fields);
    }

    /** The row with what the model says of it, or why it says nothing. */
    Row row(Row row, @Nullable Prediction prediction, @Nullable String error) {
        final int had = row.size();
        final @Nullable Object[] values = new @Nullable Object[had + width()];
        for (int i = 0; i < had; i++) {
            values[i] = row.get(i);
        }
        if (prediction != null) {
            put(prediction, values, had);
        }
        values[values.length - 1] = error;
        return RowFactory.create(values);
    }

    /** How many columns are added. */
    private int width() {
        return switch (kind) {
            case CATEGORY -> 4;
            case CATEGORIES -> 3;
            default -> 2;
        };
    }

    private void put(Prediction prediction, @Nullable Object[] values, int at) {
        switch (kind) {
            case CATEGORY -> {
                values[at] = prediction.label();
                values[at + 1] = prediction.probability();
                values[at + 2] = CollectionConverters.asScala(prediction.probabilities());
            }
            case CATEGORIES -> {
                values[at] = prediction.as(Prediction.Categories.class).labels().toArray(new String[0]);
                values[at + 1] = CollectionConverters.asScala(prediction.probabilities());
            }
            case NUMBER -> values[at] = prediction.value();
            case NUMBERS ->
                values[at] = prediction.as(Prediction.Numbers.class).values().toArray(new Double[0]);
            case VECTOR ->
                values[at] = boxed(prediction.as(Prediction.Vector.class).vector());
        }
    }

    private static Float[] boxed(float[] vector) {
        final Float[] all = new Float[vector.length];
        for (int i = 0; i < vector.length; i++) {
            all[i] = vector[i];
        }
        return all;
    }
}
