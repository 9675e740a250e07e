package dev.finetune.spark;

import dev.finetune.FineTuned;
import dev.finetune.error.FinetuneException;
import dev.finetune.error.OutOfMemoryException;
import dev.finetune.head.Prediction;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Queue;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/** A partition's rows with what the model says of them: read, predicted and handed on some at a time. */
final class ScoredRows<I> implements Iterator<Row> {
    private final Iterator<Row> rows;
    private final Columns<I> columns;
    private final OutputColumns outputs;
    private final FineTuned<I> model;
    private final int atOnce;
    private final Queue<Row> ready = new ArrayDeque<>();

    ScoredRows(Iterator<Row> rows, Columns<I> columns, OutputColumns outputs, FineTuned<I> model, int atOnce) {
        this.rows = rows;
        this.columns = columns;
        this.outputs = outputs;
        this.model = model;
        this.atOnce = atOnce;
    }

    @Override
    public boolean hasNext() {
        if (ready.isEmpty() && rows.hasNext()) {
            fill();
        }
        return !ready.isEmpty();
    }

    @Override
    public Row next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return ready.remove();
    }

    private void fill() {
        final List<Asked<I>> asked = new ArrayList<>();
        while (asked.size() < atOnce && rows.hasNext()) {
            asked.add(new Asked<>(rows.next()));
        }
        asked.forEach(one -> one.read(columns));
        predict(asked.stream().filter(one -> one.input != null).toList());
        asked.forEach(one -> ready.add(outputs.row(one.row, one.prediction, one.error)));
    }

    /** All at once; where that fails, halves, so that only the rows that it fails for go without a prediction. */
    private void predict(List<Asked<I>> asked) {
        if (asked.isEmpty()) {
            return;
        }
        try {
            final List<Prediction> predictions =
                    model.predict(asked.stream().map(Asked::checked).toList());
            for (int i = 0; i < asked.size(); i++) {
                asked.get(i).prediction = predictions.get(i);
            }
        } catch (OutOfMemoryException e) {
            throw e; // No row is to blame.
        } catch (FinetuneException e) {
            if (Thread.currentThread().isInterrupted()) {
                throw e; // The task is being killed.
            }
            if (asked.size() == 1) {
                asked.get(0).error = e.getMessage();
            } else {
                predict(asked.subList(0, asked.size() / 2));
                predict(asked.subList(asked.size() / 2, asked.size()));
            }
        }
    }

    private static final class Asked<I> {
        private final Row row;
        private @Nullable I input;
        private @Nullable Prediction prediction;
        private @Nullable String error;

        Asked(Row row) {
            this.row = row;
        }

        void read(Columns<I> columns) {
            try {
                input = columns.input(row);
            } catch (FinetuneException e) {
                error = e.getMessage();
            }
        }

        I checked() {
            return Objects.requireNonNull(input);
        }
    }
}
