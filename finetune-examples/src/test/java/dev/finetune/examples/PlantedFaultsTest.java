package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.finetune.data.DataCheck;
import dev.finetune.data.DataReport;
import dev.finetune.data.Dataset;
import dev.finetune.data.Finding.Code;
import dev.finetune.data.Text;
import dev.finetune.data.TextFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two hundred faults are planted into real data: nine in ten at least are found, and little else. */
class PlantedFaultsTest {
    /** Kinds of which a row either has the fault or hasn't, whatever anybody thinks of it. */
    private static final Set<Code> CERTAIN = EnumSet.of(
            Code.DUPLICATES,
            Code.LEAKAGE,
            Code.CONFLICTING_LABELS,
            Code.EMPTY_INPUTS,
            Code.ODD_ENCODING,
            Code.MARKUP,
            Code.NORMAL_FORMS);

    private static Map<Code, PlantedFaults.Found> found(Dataset<Text> train, Dataset<Text> validation) {
        final DataReport clean = DataCheck.of(train, validation).report();
        final PlantedFaults faults = PlantedFaults.in(train, validation);
        assertThat(faults.count()).isEqualTo(200);
        final DataReport faulty =
                DataCheck.of(faults.train(), faults.validation()).report();
        final Map<Code, PlantedFaults.Found> found = faults.compare(clean, faulty);
        System.out.println(train.describe());
        found.forEach((code, one) -> System.out.printf(
                Locale.ROOT,
                "  %-20s %3d of %3d found, %4d others, precision %.2f, %d among the first %d%n",
                code.id(),
                one.found(),
                one.planted(),
                one.others(),
                one.precision(),
                one.first(),
                one.planted()));
        return found;
    }

    private static void check(Map<Code, PlantedFaults.Found> found, double labelPrecision) {
        final int all =
                found.values().stream().mapToInt(PlantedFaults.Found::found).sum();
        System.out.println("  " + all + " of 200 found");
        assertThat(all).as("of 200").isGreaterThanOrEqualTo(180);
        found.forEach((code, one) -> {
            if (CERTAIN.contains(code)) {
                assertThat(one.found()).as(code.id()).isEqualTo(one.planted());
                assertThat(one.others()).as("others of " + code.id()).isZero();
            } else if (code != Code.LABEL_ERRORS) {
                assertThat(one.found()).as(code.id()).isGreaterThanOrEqualTo(one.planted() * 8 / 10);
                assertThat(one.precision()).as("precision of " + code.id()).isGreaterThanOrEqualTo(0.75);
            }
        });
        assertThat(found.get(Code.LABEL_ERRORS).precision()).isGreaterThanOrEqualTo(labelPrecision);
    }

    @Test
    void nineInTenAreFoundInTheReviewsThatShipWithTheExamples(@TempDir Path folder) {
        check(
                found(
                        TextFiles.tsv(ShippedFiles.reviews(folder, "train.tsv")).classification(),
                        TextFiles.tsv(ShippedFiles.reviews(folder, "validation.tsv"))
                                .classification()),
                0.1);
    }

    static Path published(String name) {
        final Path path =
                Path.of(System.getProperty("finetune.shared", "shared"), "data").resolve(name);
        assumeTrue(Files.exists(path), () -> "Skipped: the published data set isn't there: " + path);
        return path;
    }

    @Test
    void nineInTenAreFoundInBanking77() {
        check(
                found(
                        TextFiles.csv(published("banking77/train.csv"))
                                .label("category")
                                .classification(),
                        TextFiles.csv(published("banking77/test.csv"))
                                .label("category")
                                .classification()),
                0.1);
    }

    @Test
    void nineInTenAreFoundInSst2() {
        check(
                found(
                        TextFiles.tsv(published("sst2/test.tsv")).classification(),
                        TextFiles.tsv(published("sst2/dev.tsv")).classification()),
                0.05);
    }
}
