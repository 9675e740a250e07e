package dev.finetune.html;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.data.Finding;
import dev.finetune.metrics.ClassificationMetrics;
import dev.finetune.record.Course;
import dev.finetune.record.DataPart;
import dev.finetune.record.FitRecord;
import dev.finetune.record.Lengths;
import dev.finetune.record.Outcome;
import dev.finetune.record.Outcomes;
import dev.finetune.train.StepReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is advised, and after which findings. */
class RulesTest {
    private static final Path DOCUMENT = Path.of("../docs/reports.md");
    private static final FitRecord GOOD =
            Fits.classes(List.of("bad", "good"), 1_000, 25, Fits.course(40, step -> 0.7 / (1 + step / 20.0), e -> 0.3));

    @Test
    void theDocumentListsEveryRuleAsItIs() throws IOException {
        final List<String> rows = Files.readAllLines(DOCUMENT).stream()
                .dropWhile(line -> !line.startsWith("| rule |"))
                .skip(2)
                .takeWhile(line -> line.startsWith("|"))
                .toList();

        assertThat(rows)
                .containsExactlyElementsOf(Stream.of(Rule.values())
                        .map(rule -> "| " + rule.words() + " | " + rule.when() + " | " + rule.advice() + " |")
                        .toList());
    }

    @Test
    void aFitThatWentWellNeedsNoAdvice() {
        assertThat(NextSteps.of(GOOD)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aRuleFindsWhatItLooksFor(Rule rule) {
        assertThat(rule.finding(GOOD)).isEmpty();
        assertThat(rule.finding(found(rule)))
                .hasValueSatisfying(finding -> assertThat(finding).isNotBlank().endsWith("."));
        assertThat(NextSteps.of(found(rule))).anyMatch(step -> step.rule().equals(rule.words()));
    }

    private static FitRecord found(Rule rule) {
        return switch (rule) {
            case FAILED ->
                Fits.with(
                        GOOD, Course.failed(GOOD.course().steps(), GOOD.course().evaluations(), "no number", 1));
            case LOSS_ROSE -> Fits.with(GOOD, Fits.course(40, step -> step == 0 ? 0.7 : 90.0 - step, epoch -> 30));
            case NOTHING_LEARNED -> Fits.classes(List.of("bad", "good"), 60, 2, Fits.STEADY);
            case DECIDES_BADLY -> rankedButDecidedBadly();
            case LEAKAGE -> found(Finding.Code.LEAKAGE);
            case CONFLICTING_LABELS -> found(Finding.Code.CONFLICTING_LABELS);
            case IMBALANCE -> found(Finding.Code.IMBALANCE);
            case LOSSES_PART ->
                Fits.with(
                        GOOD,
                        Fits.course(40, step -> 0.7 / (1 + step / 4.0), epoch -> epoch < 2 ? 0.5 : 0.5 + epoch / 10.0));
            case STILL_LEARNING -> Fits.with(GOOD, Fits.STEADY);
            case LOSS_HARDLY_FALLS -> Fits.with(GOOD, Fits.course(40, step -> 0.7 - step / 1_000.0, epoch -> 0.7));
            case GRADIENTS_SPIKE -> Fits.with(GOOD, spiked(GOOD.course()));
            case NO_VALIDATION ->
                Fits.fit(
                        GOOD.model(),
                        GOOD.data().subList(0, 1),
                        List.of(),
                        GOOD.course(),
                        Optional.empty(),
                        Outcomes.none("none"));
            case TOO_FEW_TO_TELL -> Fits.classes(List.of("bad", "good"), 30, 7, GOOD.course());
            case CLASS_NEVER_PREDICTED -> predicted(0.9, truth -> truth == 2 ? 0 : truth);
            case CLASS_MISSED -> predicted(0.9, truth -> truth == 2 && ++missed % 10 != 0 ? 0 : truth);
            case CLASSES_CONFUSED -> predicted(0.9, truth -> truth == 2 && ++missed % 4 == 0 ? 0 : truth);
            case SURE_MISTAKES -> predicted(0.96, truth -> truth == 2 && ++missed % 30 == 0 ? 0 : truth);
            case PROBABILITIES_OFF -> Fits.classes(List.of("bad", "good"), 200, 3, GOOD.course());
            case TEXTS_CUT ->
                Fits.fit(
                        GOOD.model(),
                        List.of(
                                new DataPart(
                                        "training", "t", 3, Map.of(), Optional.of(Lengths.of(new int[] {8, 8, 8}, 1))),
                                GOOD.data().get(1)),
                        List.of(),
                        GOOD.course(),
                        GOOD.evaluation(),
                        GOOD.outcomes());
        };
    }

    private static int missed;

    /** Nine in ten of one class, which is always said; the other's probabilities are higher where it is true. */
    private static FitRecord rankedButDecidedBadly() {
        final ClassificationMetrics metrics = new ClassificationMetrics(List.of("bad", "good"));
        for (int i = 0; i < 200; i++) {
            final int truth = i % 10 == 0 ? 1 : 0;
            final double good = 0.1 + (truth == 1 ? 0.2 : 0) + i % 7 / 100.0;
            metrics.add(truth, new double[] {1 - good, good});
        }
        return Fits.fit(
                GOOD.model(),
                List.of(
                        GOOD.data().get(0),
                        new DataPart("validation", "v", 200, Map.of("bad", 180L, "good", 20L), Optional.empty())),
                List.of(),
                GOOD.course(),
                Optional.of(metrics.result()),
                Outcomes.none("none"));
    }

    private static FitRecord found(Finding.Code code) {
        return Fits.fit(
                GOOD.model(),
                GOOD.data(),
                List.of(new Finding(
                        Finding.Severity.WARNING, code, "Found: \"a. b\". Mend it.", "Found: row 1. Mend it.")),
                GOOD.course(),
                GOOD.evaluation(),
                GOOD.outcomes());
    }

    private static Course spiked(Course course) {
        final List<StepReport> steps = new ArrayList<>(course.steps());
        steps.set(7, new StepReport(8, 0, 0.5, 500, 1e-5, 8));
        return new Course(40, steps, course.evaluations(), course.kept(), "finished", Optional.empty(), 1, 1);
    }

    private interface Said {
        int of(int truth);
    }

    /** Three classes of 100 rows. */
    private static FitRecord predicted(double sure, Said said) {
        final List<String> names = List.of("a", "b", "c");
        final ClassificationMetrics metrics = new ClassificationMetrics(names);
        final List<Outcome> outcomes = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            final int one = said.of(i % 3);
            final double[] probabilities = IntStream.range(0, 3)
                    .mapToDouble(j -> j == one ? sure : (1 - sure) / 2)
                    .toArray();
            metrics.add(i % 3, probabilities);
            outcomes.add(new Outcome.OfClass(
                    i + 1,
                    Fits.input("row " + i),
                    names.get(i % 3),
                    names.get(one),
                    IntStream.range(0, 3).mapToObj(j -> probabilities[j]).toList()));
        }
        final FitRecord three = Fits.classes(names, 300, 0, GOOD.course());
        return Fits.fit(
                three.model(),
                three.data(),
                List.of(),
                three.course(),
                Optional.of(metrics.result()),
                new Outcomes(300, "All.", outcomes));
    }
}
