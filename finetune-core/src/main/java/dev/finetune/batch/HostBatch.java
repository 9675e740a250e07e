package dev.finetune.batch;

import java.util.List;
import java.util.Map;

/**
 * A batch before it becomes native: inputs and labels by the names that the family's network and the task's loss read.
 *
 * @param columns inputs ({@code input_ids}, {@code attention_mask}, {@code pixel_values} ...) and targets
 *     ({@code labels}, or {@code start_positions} and {@code end_positions})
 * @param rows the encoded examples, in the order of the batch's rows
 */
public record HostBatch(Map<String, HostTensor> columns, List<Encoded> rows) {
    /** {@return how many examples (rows) it holds} */
    public int size() {
        return rows.size();
    }
}
