package dev.finetune.train;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.Target;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;

/** What tells encoded rows from others, in words. */
public final class RowsSum {
    private final CRC32C sum = new CRC32C();

    private RowsSum() {}

    /**
     * {@return how many rows there are, and a checksum of them in their order}
     *
     * @param rows encoded
     */
    public static String of(List<Encoded> rows) {
        final RowsSum all = new RowsSum();
        for (Encoded row : rows) {
            all.add(row.length());
            row.addTo(all.sum);
            all.add(row.target());
        }
        return rows.size() + " rows with the checksum " + HexFormat.of().toHexDigits((int) all.sum.getValue());
    }

    private void add(Target target) {
        if (target instanceof Target.Index index) {
            add(1, index.index());
        } else if (target instanceof Target.Vector vector) {
            add(2, vector.values().length);
            for (float value : vector.values()) {
                add(Float.floatToRawIntBits(value));
            }
        } else if (target instanceof Target.Sequence sequence) {
            add(3, sequence.indices().length);
            add(sequence.indices());
        } else if (target instanceof Target.Span span) {
            add(4, span.start(), span.end());
        } else {
            add(5);
            sum.update(target.toString().getBytes(StandardCharsets.UTF_8));
        }
    }

    private void add(int... numbers) {
        final ByteBuffer bytes = ByteBuffer.allocate(numbers.length * Integer.BYTES);
        bytes.asIntBuffer().put(numbers);
        sum.update(bytes);
    }
}
