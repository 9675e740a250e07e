package dev.finetune.html;

import dev.finetune.record.Course;
import dev.finetune.train.EpochReport;
import java.util.List;
import java.util.Optional;

/**
 * Where training and validation loss part: the evaluation with the lowest validation loss, if after it the validation loss has
 * risen by more than a tenth while the training loss is below 70 % of it.
 *
 * @param from the evaluation from which on they part
 * @param seen the evaluation that shows it
 */
record Parting(EpochReport from, EpochReport seen) {
    static final String RULE = "They part from the evaluation with the lowest validation loss on, if after it the"
            + " validation loss rises by more than a tenth while the training loss is below 70 % of it.";

    private static final double RISE = 1.1;
    private static final double BELOW = 0.7;

    static Optional<Parting> in(Course course) {
        final List<EpochReport> evaluations = course.evaluations().stream()
                .filter(report -> Double.isFinite(loss(report)))
                .toList();
        EpochReport lowest = null;
        for (EpochReport report : evaluations) {
            if (lowest == null || loss(report) < loss(lowest)) {
                lowest = report;
            } else if (loss(report) > RISE * loss(lowest) && report.trainingLoss() < BELOW * loss(report)) {
                return Optional.of(new Parting(lowest, report));
            }
        }
        return Optional.empty();
    }

    static double loss(EpochReport report) {
        return report.validation()
                .filter(metrics -> metrics.names().contains("loss"))
                .map(metrics -> metrics.get("loss"))
                .orElse(Double.NaN);
    }
}
