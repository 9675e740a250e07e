package dev.finetune.record;

import dev.finetune.error.FinetuneException;
import dev.finetune.metrics.ConfusionMatrix;
import dev.finetune.train.EpochReport;
import dev.finetune.train.StepReport;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;

/** Whether the values of a record that was read can be those of a fit, each by itself and with the others. */
final class FitRecordCheck {
    private static final String NOT_NEGATIVE = "a number that isn't below 0";

    private final String file;

    /** A check of what a file holds, which its errors name. */
    FitRecordCheck(String file) {
        this.file = file;
    }

    /**
     * Checks a record.
     *
     * @throws FinetuneException naming file, key, what was found and what was expected
     */
    void check(FitRecord fit) {
        final List<String> labels = fit.model().labels();
        require(new HashSet<>(labels).size() == labels.size(), "model.labels", labels, "names that differ");
        require(!fit.data().isEmpty(), "data", fit.data(), "a part to train on");
        for (int i = 0; i < fit.data().size(); i++) {
            part(fit.data().get(i), "data[" + i + "]");
        }
        for (int i = 0; i < fit.layers().size(); i++) {
            final LayerRow row = fit.layers().get(i);
            require(row.parameters() >= 0, "layers[" + i + "].parameters", row.parameters(), NOT_NEGATIVE);
        }
        course(fit.course());
        fit.evaluation()
                .flatMap(metrics -> metrics.confusion())
                .map(ConfusionMatrix::classes)
                .ifPresent(classes -> require(
                        labels.isEmpty() || classes == labels.size(),
                        "evaluation.confusion",
                        classes + " classes",
                        "those of model.labels, which are " + labels.size()));
        require(fit.outcomes().rows() >= -1, "outcomes.rows", fit.outcomes().rows(), "a number of rows, or -1");
        for (int i = 0; i < fit.outcomes().kept().size(); i++) {
            outcome(fit.outcomes().kept().get(i), labels, "outcomes.kept[" + i + "]");
        }
        fit.samples()
                .ifPresent(samples -> samples.rows()
                        .forEach(row -> require(row.row() >= 1, "samples.rows", row.row(), "a row, counted from 1")));
        time(fit.machine().encodingSeconds(), "machine.encodingSeconds");
        time(fit.machine().outcomesSeconds(), "machine.outcomesSeconds");
    }

    private void part(DataPart part, String key) {
        require(part.rows() >= -1, key + ".rows", part.rows(), "a number of rows, or -1");
        part.classes().forEach((name, count) -> require(count >= 0, key + ".classes." + name, count, NOT_NEGATIVE));
        part.lengths().ifPresent(lengths -> {
            final String of = key + ".lengths";
            require(lengths.truncated() >= 0, of + ".truncated", lengths.truncated(), NOT_NEGATIVE);
            require(
                    0 <= lengths.shortest() && lengths.shortest() <= lengths.longest(),
                    of + ".shortest",
                    lengths.shortest(),
                    "a length from 0 to the longest, " + lengths.longest());
            for (int i = 0; i < lengths.bins().size(); i++) {
                final Lengths.Bin bin = lengths.bins().get(i);
                require(bin.from() <= bin.to(), of + ".bins[" + i + "].to", bin.to(), "at least " + bin.from());
                require(bin.count() >= 0, of + ".bins[" + i + "].count", bin.count(), NOT_NEGATIVE);
            }
        });
    }

    private void course(Course course) {
        long before = 0;
        for (int i = 0; i < course.steps().size(); i++) {
            final StepReport step = course.steps().get(i);
            require(
                    step.step() > before && step.step() <= course.stepsMade(),
                    "course.steps[" + i + "].step",
                    step.step(),
                    "a step after " + before + ", up to course.stepsMade, " + course.stepsMade());
            require(step.rows() >= 0, "course.steps[" + i + "].rows", step.rows(), NOT_NEGATIVE);
            before = step.step();
        }
        for (int i = 0; i < course.evaluations().size(); i++) {
            evaluation(course.evaluations().get(i), course, "course.evaluations[" + i + "]");
        }
        course.kept().ifPresent(report -> evaluation(report, course, "course.kept"));
        time(course.seconds(), "course.seconds");
        time(course.trainingSeconds(), "course.trainingSeconds");
    }

    private void evaluation(EpochReport report, Course course, String key) {
        require(
                report.step() >= 0 && report.step() <= course.stepsMade(),
                key + ".step",
                report.step(),
                "a step from 0 to course.stepsMade, " + course.stepsMade());
        time(report.seconds(), key + ".seconds");
        require(report.epoch() >= 0 && Double.isFinite(report.epoch()), key + ".epoch", report.epoch(), NOT_NEGATIVE);
    }

    private void outcome(Outcome outcome, List<String> labels, String key) {
        require(outcome.row() >= 1, key + ".row", outcome.row(), "a row, counted from 1");
        outcome.input()
                .picture()
                .ifPresent(picture -> require(isBase64(picture), key + ".input.picture", picture, "bytes in Base64"));
        if (outcome instanceof Outcome.OfClass one) {
            label(one.truth(), labels, key + ".truth");
            label(one.predicted(), labels, key + ".predicted");
            same(one.probabilities(), labels, key + ".probabilities", "model.labels");
            shares(one.probabilities(), key + ".probabilities");
        } else if (outcome instanceof Outcome.OfLabels some) {
            same(some.probabilities(), labels, key + ".probabilities", "model.labels");
            shares(some.probabilities(), key + ".probabilities");
        } else if (outcome instanceof Outcome.OfNumbers numbers) {
            same(numbers.predicted(), numbers.truth(), key + ".predicted", key + ".truth");
        } else if (outcome instanceof Outcome.OfTags tags) {
            same(tags.truth(), tags.words(), key + ".truth", key + ".words");
            same(tags.predicted(), tags.words(), key + ".predicted", key + ".words");
            same(tags.probabilities(), tags.words(), key + ".probabilities", key + ".words");
            shares(tags.probabilities(), key + ".probabilities");
        } else if (outcome instanceof Outcome.OfAnswer answer) {
            shares(List.of(answer.probability()), key + ".probability");
            shares(List.of(answer.f1()), key + ".f1");
        }
    }

    private static boolean isBase64(String text) {
        try {
            return Base64.getDecoder().decode(text).length > 0;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private void label(String name, List<String> labels, String key) {
        require(labels.contains(name), key, "\"" + name + "\"", "one of model.labels, " + labels);
    }

    private void same(List<?> values, List<?> others, String key, String other) {
        require(values.size() == others.size(), key, values, "as many as " + other + ", which are " + others.size());
    }

    private void shares(List<Double> values, String key) {
        values.forEach(value -> require(!(value < 0) && !(value > 1), key, value, "a number from 0 to 1"));
    }

    private void time(double seconds, String key) {
        require(seconds >= 0 && Double.isFinite(seconds), key, seconds, NOT_NEGATIVE);
    }

    private void require(boolean isSo, String key, Object found, String expected) {
        if (!isSo) {
            throw RecordJson.refusal(file, key, found.toString(), expected);
        }
    }
}
