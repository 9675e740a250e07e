package dev.finetune.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.data.Finding;
import dev.finetune.error.FinetuneException;
import dev.finetune.metrics.ClassificationMetrics;
import dev.finetune.metrics.Metrics;
import dev.finetune.train.EpochReport;
import dev.finetune.train.StepReport;
import dev.finetune.train.WrittenSamples;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is kept of a fit, in memory and in its file. */
class FitRecordTest {
    @TempDir
    private Path folder;

    private static Metrics metrics() {
        final ClassificationMetrics all = new ClassificationMetrics(List.of("a", "b"));
        all.add(0, new double[] {0.75, 0.25});
        all.add(1, new double[] {0.6, 0.4});
        all.add(1, new double[] {0.1, 0.9});
        return all.result().with("loss", Double.NaN);
    }

    static FitRecord fit() {
        final Map<String, Long> classes = new LinkedHashMap<>();
        classes.put("b", 2L);
        classes.put("a <\"'&>", 1L);
        final ShownInput text = new ShownInput("a \u2028 text", Optional.of("pair"), Optional.empty());
        final EpochReport report = new EpochReport(0.5, 1, 0.7, Optional.of(metrics()), 1.5, Double.POSITIVE_INFINITY);
        return new FitRecord(
                new FittedModel(
                        "base", "Classification", "one of 2", List.of("a", "b"), "accuracy", Optional.empty(), "x"),
                List.of(new Setting("seed", "42", true)),
                List.of(
                        new DataPart("training", "rows", 3, classes, Optional.of(Lengths.of(new int[] {3, 9, 4}, 1))),
                        new DataPart("validation", "stream", -1, Map.of(), Optional.empty())),
                List.of(new Finding(Finding.Severity.WARNING, Finding.Code.LEAKAGE, "text", "rows")),
                List.of(new LayerRow("head", "head.weight", List.of(2L, 3L), 6, true, true, false, false)),
                new Course(
                        2,
                        List.of(
                                new StepReport(1, 0, 0.7, 1e300, 5e-5, 8),
                                new StepReport(2, 0, Double.NaN, Double.NEGATIVE_INFINITY, 0, 8)),
                        List.of(report),
                        Optional.of(report),
                        "finished",
                        Optional.of("why"),
                        2.5,
                        2),
                Optional.of(metrics()),
                new Outcomes(
                        3,
                        "all",
                        List.of(
                                new Outcome.OfClass(1, text, "a", "b", List.of(0.25, 0.75)),
                                new Outcome.OfLabels(2, text, List.of("a"), List.of(), List.of(0.25, 0.5)),
                                new Outcome.OfNumbers(3, text, List.of(1.0), List.of(Double.NaN)),
                                new Outcome.OfTags(4, text, List.of("w"), List.of("O"), List.of(""), List.of(0.0)),
                                new Outcome.OfAnswer(5, text, List.of("yes"), "no", 0.5, 0.25, false),
                                new Outcome.Other(6, text, "one", "two"))),
                new Machine(
                        "2026", "the CPU", 1, 2, "Linux", "17", "2.10", Optional.of("1"), 0.5, 0.25, Optional.of(7L)),
                List.of("a warning"),
                Optional.of(new WrittenSamples(
                        "greedy",
                        List.of(
                                new WrittenSamples.Row(1, "a prompt", "data", "<b>", Optional.of("after")),
                                new WrittenSamples.Row(7, "another", "data", "", Optional.empty())),
                        new Metrics(Map.of("rougeL", 0.25)),
                        Optional.of(new Metrics(Map.of("rougeL", 0.5))))));
    }

    @Test
    void isReadAsItWasWritten() {
        final Path file = folder.resolve(FitRecord.FILE);
        fit().write(file);

        assertThat(FitRecord.read(file)).isEqualTo(fit());
        assertThat(FitRecord.read(folder)).isEqualTo(fit());
        assertThat(fit()).isNotEqualTo(fit().course());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"format\":1 | \"format\":2 | \"format\" is 2; expected 1",
                "\"isDefault\":true | \"isDefault\":1 | \"settings[0].isDefault\" is 1; expected true or false",
                "\"stepsMade\":2 | \"stepsMade\":2.5 | \"course.stepsMade\" is 2.5; expected a whole number",
                "\"median\":4 | \"median\":\"x\" | \"data[0].lengths.median\" is \"x\"; expected a whole number",
                "\"mean\": | \"mean\":[],\"x\": | \"data[0].lengths.mean\" is []; expected a number",
                "\"code\":\"LEAKAGE\" | \"code\":\"?\" | \"findings[0].code\" is \"?\"; expected one of",
                "\"kind\":\"OfTags\" | \"kind\":\"OfX\" | \"outcomes.kept[3].kind\" is \"OfX\"; expected one of [OfClass",
                "\"device\":\"the CPU\" | \"other\":1 | \"machine.device\" is missing; expected a text",
                "\"shape\":[2,3] | \"shape\":{} | \"layers[0].shape\" is {}; expected a list",
                "\"classes\":{} | \"classes\":[] | \"data[1].classes\" is []; expected an object",
                "\"lower is better\" | \"worse\" | \"course.evaluations[0].validation\" holds no metrics",
                "\"labels\":[\"a\",\"b\"] | \"labels\":[\"a\",\"a\"] | \"model.labels\" is [a, a]; expected names that differ",
                "\"rows\":-1 | \"rows\":-2 | \"data[1].rows\" is -2; expected a number of rows, or -1",
                "\"b\":2 | \"b\":-2 | \"data[0].classes.b\" is -2; expected a number that isn't below 0",
                "\"shortest\":3 | \"shortest\":30 | \"data[0].lengths.shortest\" is 30; expected a length from 0 to",
                "\"parameters\":6 | \"parameters\":-6 | \"layers[0].parameters\" is -6; expected",
                "\"step\":2 | \"step\":9 | \"course.steps[1].step\" is 9; expected a step after 1, up to course.stepsMade, 2",
                "\"seconds\":2.5 | \"seconds\":-2.5 | \"course.seconds\" is -2.5; expected",
                "[[1,0],[1,1]] | [[1]] | classes",
                "\"row\":2 | \"row\":0 | \"outcomes.kept[1].row\" is 0; expected a row, counted from 1",
                "\"predicted\":\"b\" | \"predicted\":\"z\" | \"outcomes.kept[0].predicted\" is \"z\"; expected one of model.labels",
                "[0.25,0.75] | [0.25] | \"outcomes.kept[0].probabilities\" is [0.25]; expected as many as model.labels",
                "[0.25,0.75] | [0.25,7.5] | \"outcomes.kept[0].probabilities\" is 7.5; expected a number from 0 to 1",
                "\"words\":[\"w\"] | \"words\":[] | \"outcomes.kept[3].truth\" is [O]; expected as many as outcomes.kept[3].words",
                "\"row\":7 | \"row\":0 | \"samples.rows\" is 0; expected a row, counted from 1",
                "\"picture\":null | \"picture\":\"<\" | \"outcomes.kept[0].input.picture\" is <; expected bytes in Base64",
            })
    void aFileThatWasChangedIsRefusedByNameAndKey(String from, String to, String told) throws IOException {
        final Path file = folder.resolve("record.json");
        fit().write(file);
        final String text = Files.readString(file);
        assertThat(text).contains(from);
        Files.writeString(file, text.replace(from, to));

        assertThatThrownBy(() -> FitRecord.read(file))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(told);
    }

    @Test
    void aFileThatIsMissingOrNoJsonIsRefusedByName() throws IOException {
        assertThatThrownBy(() -> FitRecord.read(folder))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(folder.resolve("report.json") + " isn't there");
        final Path file = folder.resolve("record.json");
        Files.writeString(file, "[1]");
        assertThatThrownBy(() -> FitRecord.read(file))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(file + " is not a JSON object");
    }

    @Test
    void aLongTrainingKeepsItsSpikes() {
        final List<StepReport> steps = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            steps.add(new StepReport(i + 1, 0, i == 54_321 ? 99 : i == 60_000 ? -1 : 1 + i % 7 / 10.0, 1, 1e-5, 8));
        }
        final Course course = Course.failed(steps, List.of(), "why", 1);

        assertThat(course.stepsMade()).isEqualTo(100_000);
        assertThat(course.steps()).hasSizeLessThanOrEqualTo(Course.MOST_STEPS);
        assertThat(course.steps()).contains(steps.get(54_321), steps.get(60_000));
        assertThat(course.steps()).isSortedAccordingTo((one, other) -> Long.compare(one.step(), other.step()));
    }

    @Test
    void lengthsAreCountedWithoutGaps() {
        final Lengths lengths = Lengths.of(new int[] {5, 100, 7, 7}, 2);

        assertThat(lengths.shortest()).isEqualTo(5);
        assertThat(lengths.median()).isEqualTo(7);
        assertThat(lengths.longest()).isEqualTo(100);
        assertThat(lengths.bins().stream().mapToLong(Lengths.Bin::count).sum()).isEqualTo(4);
        assertThat(lengths.bins()).hasSizeLessThanOrEqualTo(24);
        for (int i = 1; i < lengths.bins().size(); i++) {
            assertThat(lengths.bins().get(i).from())
                    .isEqualTo(lengths.bins().get(i - 1).to() + 1);
        }
        assertThat(Lengths.of(new int[] {4}, 0).bins()).containsExactly(new Lengths.Bin(4, 4, 1));
    }

    @Test
    void aTextIsShownWithoutWhatCannotBeSeenAndNotTooLong() {
        assertThat(ShownInput.shown("a\nb\tc\u0000\ud800d\uffff")).isEqualTo("a b c\ufffd\ufffdd\ufffd");
        assertThat(ShownInput.shown("x".repeat(10_000))).hasSize(ShownInput.MOST_CHARACTERS + 4);
        final String face = "\ud83d\ude00";
        assertThat(ShownInput.shown(face.repeat(1_000))).startsWith(face).endsWith(face + " ...");
    }
}
