package dev.finetune.spark;

import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.error.FinetuneException;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import scala.collection.Iterator;
import scala.runtime.AbstractFunction1;

/** A worker's part of the rows: in memory, or in files that each pass reads. */
final class WorkerRows<I> implements AutoCloseable {
    /** Rows of one kind: to learn from, or to evaluate on. */
    private interface Part<I> extends AutoCloseable {
        void add(Row row, Example<I> example);

        long count();

        Dataset<I> dataset();

        @Override
        void close();
    }

    private final Columns<I> columns;
    private final Part<I> train;
    private final Part<I> validation;

    /**
     * Of no rows yet.
     *
     * @param streamed whether they are kept in files
     */
    WorkerRows(Columns<I> columns, boolean streamed) {
        this.columns = columns;
        this.train = streamed ? new InFile() : new InMemory();
        this.validation = streamed ? new InFile() : new InMemory();
    }

    void addAll(Iterator<LabelledRow> rows) {
        rows.foreach(new AbstractFunction1<LabelledRow, Object>() {
            @Override
            public Object apply(LabelledRow each) {
                add(each);
                return each;
            }
        });
    }

    private void add(LabelledRow each) {
        (each.isValidation() ? validation : train).add(each.row(), usable(each));
    }

    /** A row that can't be used is told as it comes. */
    private Example<I> usable(LabelledRow each) {
        try {
            return example(each.row());
        } catch (FinetuneException e) {
            throw new FinetuneException(
                    "A row of the " + (each.isValidation() ? "validation" : "training") + " data can't be used: "
                            + e.getMessage() + " Filter such rows out. The row: "
                            + shown(each.row().mkString(", ")),
                    e);
        }
    }

    private static String shown(String row) {
        return row.length() > 200 ? row.substring(0, 200) + " ..." : row;
    }

    long trainCount() {
        return train.count();
    }

    Dataset<I> train() {
        return described(train, "train");
    }

    Dataset<I> validation() {
        return described(validation, "validation");
    }

    private Dataset<I> described(Part<I> part, String name) {
        return part.dataset().describedAs(part.count() + " rows of a data frame, " + name + ", in this worker's part");
    }

    @Override
    public void close() {
        try (train) {
            validation.close();
        }
    }

    private Example<I> example(Row row) {
        return new Example<>(columns.input(row), columns.label(row));
    }

    private final class InMemory implements Part<I> {
        private final List<Example<I>> examples = new ArrayList<>();

        @Override
        public void add(Row row, Example<I> example) {
            examples.add(example);
        }

        @Override
        public long count() {
            return examples.size();
        }

        @Override
        public Dataset<I> dataset() {
            return Dataset.of(columns.inputType(), examples);
        }

        @Override
        public void close() {
            examples.clear();
        }
    }

    private final class InFile implements Part<I> {
        private final SpilledRows rows = SpilledRows.inLocalDirectory();

        @Override
        public void add(Row row, Example<I> example) {
            rows.add(row);
        }

        @Override
        public long count() {
            return rows.count();
        }

        /** None at all are told as such where it is known that there are none. */
        @Override
        public Dataset<I> dataset() {
            return count() == 0
                    ? Dataset.of(columns.inputType(), List.of())
                    : Dataset.streamed(columns.inputType(), () -> rows.stream().map(WorkerRows.this::example));
        }

        @Override
        public void close() {
            rows.close();
        }
    }
}
