package dev.finetune.data;

import dev.finetune.error.FinetuneException;
import java.util.List;

/** How the user said which column is meant. */
sealed interface Column {
    /** The column under this header, or the value of this JSON key. */
    record Named(String name) implements Column {}

    /** The column at this place, counted from 0. */
    record At(int index) implements Column {
        public At {
            if (index < 0) {
                throw new FinetuneException("Column " + index + ": columns are counted from 0.");
            }
        }
    }

    /** Nothing was said: the first of these names that there is, or else (if {@code orFirst}) the first column. */
    record Usual(List<String> names, boolean orFirst) implements Column {}

    /** The usual text column. */
    Column TEXT = new Usual(List.of("text", "sentence"), true);

    /** The usual label column. */
    Column LABEL = new Usual(List.of("label", "labels"), false);
}
