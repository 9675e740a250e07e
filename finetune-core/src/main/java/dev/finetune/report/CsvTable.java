package dev.finetune.report;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
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
     * @param file the CSV file, replaced if it is there
     * @param heading a name a column
     * @param rows cells, written by their {@code toString}
     * @throws FinetuneException if the file can't be written
     */
    public static void write(Path file, List<String> heading, List<? extends List<?>> rows) {
        final CSVFormat format =
                CSVFormat.Builder.create().setRecordSeparator("\n").get();
        try (Writer writer = Files.newBufferedWriter(file);
                CSVPrinter printer = new CSVPrinter(writer, format)) {
            printer.printRecord(heading);
            for (List<?> row : rows) {
                printer.printRecord(row);
            }
        } catch (IOException e) {
            throw new FinetuneException(file + ": the table couldn't be written: " + e, e);
        }
    }
}
