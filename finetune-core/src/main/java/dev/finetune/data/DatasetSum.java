package dev.finetune.data;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.TreeSet;
import java.util.zip.CRC32C;

/** What tells data in memory from other data, in words that are the same in every process. */
public final class DatasetSum {
    private DatasetSum() {}

    /**
     * {@return how many examples there are, and a checksum of their labels, and of their inputs as far as these are texts, in their
     * order; of a stream, which isn't read for it, that it is one}
     *
     * @param data any
     */
    public static String of(Dataset<?> data) {
        if (data.size().isEmpty()) {
            return "a stream";
        }
        final CRC32C sum = new CRC32C();
        for (Example<?> example : data) {
            InputText.of(example.input()).forEach(text -> add(sum, text));
            add(
                    sum,
                    example.label() instanceof Label.Categories several
                            ? new TreeSet<>(several.names()).toString()
                            : example.label().toString());
        }
        return data.size().getAsLong() + " rows with the checksum "
                + HexFormat.of().toHexDigits((int) sum.getValue());
    }

    private static void add(CRC32C sum, String text) {
        sum.update(text.getBytes(StandardCharsets.UTF_8));
        sum.update(0);
    }
}
