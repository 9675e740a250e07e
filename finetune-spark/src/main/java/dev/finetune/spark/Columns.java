package dev.finetune.spark;

import dev.finetune.data.Label;
import dev.finetune.error.FinetuneException;
import java.io.Serializable;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/**
 * Where in a data frame a model's inputs and labels are; {@link TextColumns} for texts. Travels to executors.
 *
 * @param <I> the kind of input
 */
public interface Columns<I> extends Serializable {
    /** {@return the kind of input that rows become} */
    Class<I> inputType();

    /** {@return all columns that inputs and labels are read from} */
    List<String> names();

    /**
     * Looks, before anything runs, whether the inputs' columns are there and of types that can be read.
     *
     * @param schema of the data frame
     * @throws FinetuneException if not; the message names the column, and those that there are
     */
    void checkInputs(StructType schema);

    /**
     * Looks, before anything runs, whether the labels' columns are there and of types that can be read.
     *
     * @param schema of the data frame
     * @throws FinetuneException if not, or if no labels' columns were named
     */
    void checkLabels(StructType schema);

    /**
     * {@return the input in a row}
     *
     * @param row with its schema
     * @throws FinetuneException if the row has none: a null, say
     */
    I input(Row row);

    /**
     * {@return the label in a row}
     *
     * @param row with its schema
     * @throws FinetuneException if the row has none: a null, say
     */
    Label label(Row row);
}
