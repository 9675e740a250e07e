package dev.finetune.html;

import dev.finetune.data.Finding;
import dev.finetune.metrics.ClassificationMetrics;
import dev.finetune.metrics.Metrics;
import dev.finetune.record.Course;
import dev.finetune.record.DataPart;
import dev.finetune.record.FitRecord;
import dev.finetune.record.FittedModel;
import dev.finetune.record.LayerRow;
import dev.finetune.record.Lengths;
import dev.finetune.record.Machine;
import dev.finetune.record.Outcome;
import dev.finetune.record.Outcomes;
import dev.finetune.record.Setting;
import dev.finetune.record.ShownInput;
import dev.finetune.train.EpochReport;
import dev.finetune.train.StepReport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Records of fits that never were. */
final class Fits {
    static final Course STEADY = course(40, step -> 0.7 / (1 + step / 20.0), epoch -> 0.7 / (1 + epoch / 3.0));

    private Fits() {}

    interface Value {
        double at(int number);
    }

    static List<String> names(int classes) {
        return IntStream.range(0, classes).mapToObj(i -> "class " + i).toList();
    }

    /** So many steps, evaluated four times. */
    static Course course(int steps, Value loss, Value validation) {
        final List<StepReport> made = new ArrayList<>();
        for (int i = 0; i < steps; i++) {
            made.add(new StepReport(i + 1, i * 4 / steps, loss.at(i), 1 + i % 3, 5e-5 * (steps - i) / steps, 8));
        }
        final List<EpochReport> reports = new ArrayList<>();
        for (int epoch = 1; epoch <= Math.min(4, steps); epoch++) {
            final int step = steps * epoch / Math.min(4, steps);
            reports.add(new EpochReport(
                    epoch,
                    step,
                    loss.at(step - 1),
                    Optional.of(new Metrics(Map.of("loss", validation.at(epoch), "accuracy", 0.5 + epoch / 10.0))),
                    epoch,
                    100 + epoch));
        }
        return new Course(
                steps,
                made,
                reports,
                Optional.of(reports.get(reports.size() - 1)),
                "finished",
                Optional.empty(),
                4.5,
                4);
    }

    /** A classification of so many rows, of which every so-many-th is wrong. */
    static FitRecord classes(List<String> names, int rows, int everyWrong, Course course) {
        final SplittableRandom random = new SplittableRandom(1);
        final ClassificationMetrics metrics = new ClassificationMetrics(names);
        final List<Outcome> outcomes = new ArrayList<>();
        final Map<String, Long> counts = new LinkedHashMap<>();
        for (int i = 0; i < rows; i++) {
            final int truth = i % names.size();
            final int said = everyWrong > 0 && i % everyWrong == 0 ? (truth + 1) % names.size() : truth;
            final double[] probabilities = new double[names.size()];
            final double most = 0.85 + random.nextDouble() / 10;
            for (int j = 0; j < probabilities.length; j++) {
                probabilities[j] = j == said ? most : (1 - most) / (names.size() - 1);
            }
            metrics.add(truth, probabilities);
            counts.merge(names.get(truth), 1L, Long::sum);
            outcomes.add(new Outcome.OfClass(
                    i + 1,
                    input("the text of row " + i + ", which goes on for some time so that it is like a real one"),
                    names.get(truth),
                    names.get(said),
                    IntStream.range(0, names.size())
                            .mapToObj(j -> Math.round(probabilities[j] * 1e5) / 1e5)
                            .toList()));
        }
        return fit(
                new FittedModel(
                        "bert-base-uncased",
                        "Classification",
                        "one of " + names.size() + " classes",
                        names,
                        "accuracy",
                        Optional.empty(),
                        "199 tensors loaded, 2 new"),
                List.of(
                        new DataPart("training", "train.tsv", 4 * rows, counts, Optional.of(lengths())),
                        new DataPart("validation", "validation.tsv", rows, counts, Optional.of(lengths()))),
                List.of(),
                course,
                Optional.of(metrics.result().with("loss", 0.25)),
                new Outcomes(rows, "All " + rows + " validation rows.", outcomes));
    }

    static ShownInput input(String text) {
        return new ShownInput(text, Optional.empty(), Optional.empty());
    }

    private static Lengths lengths() {
        return Lengths.of(IntStream.range(0, 200).map(i -> 3 + i % 61).toArray(), 0);
    }

    static FitRecord fit(
            FittedModel model,
            List<DataPart> data,
            List<Finding> findings,
            Course course,
            Optional<Metrics> evaluation,
            Outcomes outcomes) {
        return new FitRecord(
                model,
                List.of(new Setting("learning rate", "0.002", false), new Setting("seed", "42", true)),
                data,
                findings,
                List.of(
                        new LayerRow(
                                "embeddings", "embeddings.word", List.of(100L, 16L), 1600, false, false, false, false),
                        new LayerRow("head", "head.weight", List.of(2L, 16L), 32, true, true, false, false)),
                course,
                evaluation,
                outcomes,
                new Machine(
                        "2026-01-01T00:00:00Z",
                        "the CPU",
                        2,
                        2,
                        "Linux 6, amd64",
                        "17.0.1",
                        "2.10.0",
                        Optional.empty(),
                        0.5,
                        0.25,
                        Optional.of(1234L)),
                List.of(),
                Optional.empty());
    }

    /** The same with another course. */
    static FitRecord with(FitRecord fit, Course course) {
        return fit(fit.model(), fit.data(), fit.findings(), course, fit.evaluation(), fit.outcomes());
    }
}
