package reviews;

import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import java.util.List;

/** A text and its class, to learn from. */
record Row(String text, String label) {
    static Dataset<Text> dataset(List<Row> rows) {
        for (int i = 0; i < rows.size(); i++) {
            Row row = rows.get(i);
            if (row == null || row.text() == null || row.label() == null) {
                throw new FinetuneException("Row " + (i + 1) + " of the request lacks its text or its label.");
            }
        }
        return Dataset.texts(
                rows.stream().map(Row::text).toList(),
                rows.stream().map(Row::label).toList());
    }
}
