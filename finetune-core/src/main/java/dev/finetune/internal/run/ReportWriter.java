package dev.finetune.internal.run;

import dev.finetune.data.DataReport;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.saving.AtomicFile;
import dev.finetune.record.FitRecord;
import dev.finetune.record.SearchRecord;
import dev.finetune.record.TuningRecord;
import dev.finetune.spi.FitReporter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.stream.Stream;

/** Writes pages that show fits, and the records that they are made from. */
public final class ReportWriter {
    private static final String ENDING = ".html";

    private ReportWriter() {}

    /**
     * Checks, before anything is computed, that a page can be written, and by whom.
     *
     * @throws FinetuneException if it can't
     */
    public static void check(Path page) {
        checkPage(page);
        final Path record = recordOf(page.toAbsolutePath());
        if (Files.isDirectory(record)) {
            throw new FinetuneException(
                    "report(" + page + "): " + record + " is a directory; expected a file, be it there or not.");
        }
        if (Files.exists(record) && !FitRecord.isOne(record)) {
            throw new FinetuneException("report(" + page + "): the record of the fit would go to " + record
                    + ", which is there and holds something else. Choose another name.");
        }
    }

    /**
     * Checks, before anything is computed, that a page that has no record can be written, and by whom.
     *
     * @throws FinetuneException if it can't
     */
    public static void checkPage(Path page) {
        reporter();
        final Path file = page.toAbsolutePath();
        if (!String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT).endsWith(ENDING)) {
            throw new FinetuneException("report(" + page + "): expected the name of a file that ends with " + ENDING
                    + "; the record of a fit goes beside it, with .json in its place.");
        }
        if (Files.isDirectory(file)) {
            throw new FinetuneException(
                    "report(" + page + "): " + file + " is a directory; expected a file, be it there or not.");
        }
        final Path existing = Stream.iterate(file.getParent(), place -> place != null, Path::getParent)
                .filter(place -> Files.exists(place, LinkOption.NOFOLLOW_LINKS))
                .findFirst()
                .orElse(file);
        if (!Files.exists(existing)) {
            throw new FinetuneException("report(" + page + "): " + existing
                    + " is a link to something that isn't there, so that no report can be written below it. Make what it"
                    + " links to, or choose another place.");
        }
        if (!Files.isDirectory(existing)) {
            throw new FinetuneException("report(" + page + "): " + existing
                    + " is a file, so that no report can be written below it. Choose another place.");
        }
        try {
            Files.delete(Files.createTempFile(existing, ".writing-", ""));
        } catch (IOException e) {
            throw new FinetuneException(
                    "report(" + page + "): no file can be written in " + existing + " (" + e
                            + "). Choose another place, or make that one writable.",
                    e);
        }
    }

    /** Writes a page, and beside it the record that it shows; folders are made. */
    public static void write(Path page, FitRecord fit) {
        final Path file = page.toAbsolutePath();
        write(file, reporter().page(fit));
        fit.write(recordOf(file));
    }

    /**
     * Writes a page that compares fits; folders are made.
     *
     * @throws FinetuneException if there are fewer than two
     */
    public static void compare(Path page, Map<String, FitRecord> fits) {
        if (fits.size() < 2) {
            throw new FinetuneException(
                    "There " + (fits.isEmpty() ? "is nothing" : "is one fit") + " to compare; expected at least two.");
        }
        checkPage(page);
        write(page.toAbsolutePath(), reporter().comparison(new LinkedHashMap<>(fits)));
    }

    /** Writes the page of a search; folders are made. */
    public static void write(Path page, SearchRecord search) {
        write(page.toAbsolutePath(), reporter().search(search));
    }

    /** Writes the page of an automatic tuning; folders are made. */
    public static void write(Path page, TuningRecord tuning) {
        write(page.toAbsolutePath(), reporter().tuning(tuning));
    }

    /** Writes the page of what a check of data found; folders are made. */
    public static void write(Path page, DataReport check) {
        checkPage(page);
        write(page.toAbsolutePath(), reporter().check(check));
    }

    private static void write(Path file, String html) {
        try {
            Files.createDirectories(Objects.requireNonNull(file.getParent()));
        } catch (IOException e) {
            throw new FinetuneException(file + ": its folder couldn't be made: " + e, e);
        }
        AtomicFile.write(file, html.getBytes(StandardCharsets.UTF_8));
    }

    /** Where the record of a page is. */
    private static Path recordOf(Path page) {
        final String name = page.getFileName().toString();
        return page.resolveSibling(name.substring(0, name.length() - ENDING.length()) + ".json");
    }

    private static FitReporter reporter() {
        return ServiceLoader.load(FitReporter.class, ReportWriter.class.getClassLoader())
                .findFirst()
                .orElseThrow(() -> new FinetuneException(
                        "report(...) needs the artifact dev.finetune:finetune-report, which isn't there: add it to your"
                                + " dependencies, in the version of finetune-core. If it is there, look into your fat jar:"
                                + " META-INF/services/" + FitReporter.class.getName() + " names the reporter."));
    }
}
