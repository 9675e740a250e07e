package dev.finetune.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.FineTuned;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.testkit.TinyData;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScoredRowsTest {
    @TempDir
    Path folder;

    @Test
    void noMoreRowsAreReadThanAreHandedOn() {
        final AtomicInteger read = new AtomicInteger();
        final Iterator<Row> rows = IntStream.iterate(0, i -> i + 1)
                .mapToObj(i -> RowFactory.create(TinyData.review(i)))
                .peek(row -> read.incrementAndGet())
                .iterator();
        try (FineTuned<Text> tuned = FineTuned.load(SavedModels.classes(folder), Text.class)) {
            final Iterator<Row> scored = new ScoredRows<>(
                    rows, new FirstColumn(), new OutputColumns(OutputColumns.Kind.CATEGORY, ""), tuned, 8);
            for (int i = 0; i < 16; i++) {
                assertThat(scored.next().getString(1)).isEqualTo(SavedModels.label(i));
            }
            assertThat(read).hasValue(16);
        }
    }

    @Test
    void onlyTheRowsThatTheModelFailsForGoWithout() {
        final Iterator<Row> rows = IntStream.range(0, 21)
                .mapToObj(i -> RowFactory.create(i == 5 || i == 20 ? "" : TinyData.review(i)))
                .iterator();
        try (FineTuned<Text> tuned = FineTuned.load(SavedModels.classes(folder), Text.class)) {
            final Iterator<Row> scored = new ScoredRows<>(
                    rows, new FirstColumn(), new OutputColumns(OutputColumns.Kind.CATEGORY, ""), tuned, 16);
            for (int i = 0; i < 21; i++) {
                final Row row = scored.next();
                if (i == 5 || i == 20) {
                    assertThat(row.isNullAt(1)).isTrue();
                    assertThat(row.getString(4)).isNotBlank();
                } else {
                    assertThat(row.getString(1)).isEqualTo(SavedModels.label(i));
                    assertThat(row.isNullAt(4)).isTrue();
                }
            }
            assertThat(scored.hasNext()).isFalse();
        }
    }

    /** Rows without a schema; an empty text is one that no model reads: a word of another kind. */
    private static final class FirstColumn implements Columns<Text> {
        private static final long serialVersionUID = 1L;

        @Override
        public Class<Text> inputType() {
            return Text.class;
        }

        @Override
        public List<String> names() {
            return List.of();
        }

        @Override
        public void checkInputs(StructType schema) {}

        @Override
        public void checkLabels(StructType schema) {}

        @Override
        public Text input(Row row) {
            if (row.getString(0).isEmpty()) {
                throw new FinetuneException("empty");
            }
            return Text.of(row.getString(0));
        }

        @Override
        public Label label(Row row) {
            return Label.none();
        }
    }
}
