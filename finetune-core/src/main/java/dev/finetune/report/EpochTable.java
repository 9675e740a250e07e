package dev.finetune.report;

import dev.finetune.train.EpochReport;
import java.util.List;
import java.util.Locale;

/** A row per evaluation: epoch, training and validation loss, the main metric, time. */
public final class EpochTable {
    private EpochTable() {}

    /**
     * {@return the heading of a table of plain text}
     *
     * @param metric shown beside the losses
     */
    public static String heading(String metric) {
        return String.format(
                Locale.ROOT,
                "%6s %8s %10s %11s %10s %9s %7s",
                "epoch",
                "step",
                "train loss",
                "valid. loss",
                metric,
                "rows/s",
                "s");
    }

    /**
     * {@return a line of a table of plain text}
     *
     * @param report one epoch's
     * @param metric shown beside the losses
     */
    public static String line(EpochReport report, String metric) {
        return String.format(
                Locale.ROOT,
                "%6.2f %8d %10.4f %11s %10s %9.0f %7.1f",
                report.epoch(),
                report.step(),
                report.trainingLoss(),
                value(report, "loss"),
                value(report, metric),
                report.rowsPerSecond(),
                report.seconds());
    }

    /**
     * {@return the whole table as Markdown}
     *
     * @param reports in their order
     * @param metric shown beside the losses
     */
    public static String markdown(List<EpochReport> reports, String metric) {
        final StringBuilder table = new StringBuilder();
        table.append("| epoch | step | training loss | validation loss | ")
                .append(metric)
                .append(" |\n");
        table.append("| --- | --- | --- | --- | --- |\n");
        for (EpochReport report : reports) {
            table.append(String.format(
                    Locale.ROOT,
                    "| %.2f | %d | %.4f | %s | %s |%n",
                    report.epoch(),
                    report.step(),
                    report.trainingLoss(),
                    value(report, "loss"),
                    value(report, metric)));
        }
        return table.toString();
    }

    private static String value(EpochReport report, String metric) {
        return report.validation().isPresent()
                ? String.format(Locale.ROOT, "%.4f", report.validation().get().get(metric))
                : "-";
    }
}
