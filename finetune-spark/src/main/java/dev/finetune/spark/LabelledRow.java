package dev.finetune.spark;

import java.io.Serializable;
import java.util.Iterator;
import org.apache.spark.sql.Row;

/** A row to learn from, or to evaluate on. */
record LabelledRow(Row row, boolean isValidation) implements Serializable {
    /** The rows to learn from, then those to evaluate on. */
    static Iterator<LabelledRow> then(Iterator<LabelledRow> train, Iterator<Row> validation) {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return train.hasNext() || validation.hasNext();
            }

            @Override
            public LabelledRow next() {
                return train.hasNext() ? train.next() : new LabelledRow(validation.next(), true);
            }
        };
    }
}
