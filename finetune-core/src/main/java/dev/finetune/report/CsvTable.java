package dev.finetune.report;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.saving.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;

/** Writes tables as CSV (RFC 4180, but with line feeds). */
public final class CsvTable {
    private CsvTable() {}

    /**
     * Writes a heading and rows.
     *
     * @param file the CSV file, replaced as a whole if it is there
     * @param heading a name a column
     * @param rows cells, written by their {@code toString}
     * @throws FinetuneException if the file can't be written
     */
    public static void write(Path file, List<String> heading, List<? extends List<?>> rows) {
        final CSVFormat format =
                CSVFormat.Builder.create().setRecordSeparator("\n").get();
        final StringBuilder table = new StringBuilder();
        try (CSVPrinter printer = new CSVPrinter(table, format)) {
            printer.printRecord(heading);
            for (List<?> row : rows) {
                printer.printRecord(row);
            }
            AtomicFile.write(file, table.toString().getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new FinetuneException(file + ": the table couldn't be written: " + e, e);
        }
    }
}
