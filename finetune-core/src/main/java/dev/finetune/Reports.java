package dev.finetune;

import dev.finetune.data.DataReport;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.run.ReportWriter;
import dev.finetune.record.FitRecord;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** Pages that show fits which have ended, made from their records, and what was found in data; {@link FineTuner#report} writes that of a fit by itself. */
public final class Reports {
    private Reports() {}

    /**
     * Writes the page of a fit anew.
     *
     * @param fit what it shows
     * @param page a file that ends with .html, replaced if it is there, as is the record beside it; its folders are made
     * @throws FinetuneException if it can't be written, or if the artifact dev.finetune:finetune-report isn't there
     */
    public static void write(FitRecord fit, Path page) {
        Objects.requireNonNull(fit, "fit");
        Objects.requireNonNull(page, "page");
        ReportWriter.check(page);
        ReportWriter.write(page, fit);
    }

    /**
     * Writes a page that shows what a check of data found: of each kind how many cases there are, what to do, and the first fifty
     * with their rows. It shows rows of the data.
     *
     * @param check what {@link dev.finetune.data.DataCheck#report} found
     * @param page a file that ends with .html, replaced if it is there; its folders are made
     * @throws FinetuneException if it can't be written, or if the artifact dev.finetune:finetune-report isn't there
     */
    public static void write(DataReport check, Path page) {
        Objects.requireNonNull(check, "check");
        Objects.requireNonNull(page, "page");
        ReportWriter.write(page, check);
    }

    /**
     * Writes a page that shows fits beside each other: the settings that differ, metrics with their intervals, whether they differ
     * by more than chance on the same validation rows, and the curves.
     *
     * @param fits at least two, by the names that they are shown under, in the order of the map
     * @param page a file that ends with .html, replaced if it is there; its folders are made
     * @throws FinetuneException if there are fewer than two, if it can't be written, or if the artifact
     *     dev.finetune:finetune-report isn't there
     */
    public static void compare(Map<String, FitRecord> fits, Path page) {
        Objects.requireNonNull(fits, "fits");
        Objects.requireNonNull(page, "page");
        try {
            ReportWriter.compare(page, Collections.unmodifiableMap(new LinkedHashMap<>(fits)));
        } catch (IndexOutOfBoundsException | IllegalArgumentException | NullPointerException e) {
            throw new FinetuneException(
                    "The records of " + fits.keySet()
                            + " don't go together, or were changed, so that they can't be shown: " + e,
                    e);
        }
    }
}
