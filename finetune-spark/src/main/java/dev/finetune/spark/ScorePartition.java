package dev.finetune.spark;

import dev.finetune.FineTuned;
import java.util.Iterator;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.util.TaskCompletionListener;

/** What a task of scoring does: it takes its JVM's model, and gives it back when the task ends, however that is. */
record ScorePartition<I>(ModelFiles files, Columns<I> columns, OutputColumns outputs, int atOnce)
        implements MapPartitionsFunction<Row, Row> {
    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
        ExecutorThreads.limit();
        final SharedModels.Lease lease = SharedModels.ofThisJvm()
                .take(
                        files.fingerprint() + " " + columns.inputType().getName(),
                        () -> FineTuned.load(files.here(), columns.inputType()));
        final TaskCompletionListener done = context -> lease.close();
        TaskContext.get().addTaskCompletionListener(done);
        @SuppressWarnings("unchecked") // Checked when it was loaded.
        final FineTuned<I> model = (FineTuned<I>) lease.model();
        return new ScoredRows<>(rows, columns, outputs, model, atOnce);
    }
}
