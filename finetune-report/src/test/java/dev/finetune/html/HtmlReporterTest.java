package dev.finetune.html;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.metrics.Metrics;
import dev.finetune.record.Course;
import dev.finetune.record.DataPart;
import dev.finetune.record.FitRecord;
import dev.finetune.record.FittedModel;
import dev.finetune.record.Outcome;
import dev.finetune.record.Outcomes;
import dev.finetune.record.ShownInput;
import dev.finetune.train.WrittenSamples;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Element;

/** The pages of fits of all kinds. */
class HtmlReporterTest {
    private static final String HOSTILE = "<script>alert('x')</script> \"quoted\" & \u0001 \ud800 \uffff </style>";

    private static String page(FitRecord fit) {
        return new HtmlReporter().page(fit);
    }

    private static FittedModel model(String kind, String metric, List<String> labels) {
        return new FittedModel("base", kind, kind, labels, metric, Optional.empty(), "all loaded");
    }

    private static FitRecord of(FittedModel model, Course course, Outcome... outcomes) {
        return Fits.fit(
                model,
                List.of(new DataPart("training", "t", 9, Map.of(), Optional.empty())),
                List.of(),
                course,
                Optional.empty(),
                new Outcomes(outcomes.length, "All of them.", List.of(outcomes)));
    }

    static FitRecord tags() {
        return of(
                model("Tokens", "f1", List.of("O", "B-PER")),
                Fits.STEADY,
                new Outcome.OfTags(
                        1,
                        Fits.input("ann lives in bonn"),
                        List.of("ann", "lives", "in", "bonn"),
                        List.of("B-PER", "O", "O", "O"),
                        List.of("B-PER", "O", "", "B-PER"),
                        List.of(0.9, 0.8, 0.0, 0.7)));
    }

    static FitRecord answers() {
        final ShownInput question =
                new ShownInput("where is ann", Optional.of("ann lives in bonn ."), Optional.empty());
        return of(
                model("QuestionAnswering", "f1", List.of()),
                Fits.STEADY,
                new Outcome.OfAnswer(1, question, List.of("bonn", "in bonn"), "ann", 0.9, 0, false),
                new Outcome.OfAnswer(2, question, List.of("bonn"), "bonn", 0.8, 1, true));
    }

    static FitRecord numbers() {
        return of(
                model("Regression", "pearson", List.of()),
                Fits.STEADY,
                new Outcome.OfNumbers(1, Fits.input("one"), List.of(1.0), List.of(1.5)),
                new Outcome.OfNumbers(2, Fits.input("two"), List.of(2.0), List.of(-1.5)),
                new Outcome.OfNumbers(3, Fits.input("three"), List.of(2.0), List.of(Double.NaN)));
    }

    private static FitRecord labels() {
        return of(
                model("MultiLabel", "f1", List.of("a", "b")),
                Fits.STEADY,
                new Outcome.OfLabels(1, Fits.input("one"), List.of("a"), List.of("a", "b"), List.of(0.9, 0.6)),
                new Outcome.OfLabels(2, Fits.input("two"), List.of(), List.of(), List.of(0.1, 0.2)));
    }

    static FitRecord diverged() {
        final Course course = Fits.course(30, step -> step < 25 ? Math.pow(3, step) : Double.NaN, epoch -> Double.NaN);
        return Fits.fit(
                model("Classification", "accuracy", List.of("a", "b")),
                List.of(new DataPart("training", "t", 9, Map.of(), Optional.empty())),
                List.of(),
                Course.failed(course.steps(), course.evaluations(), "the loss is no number", 3),
                Optional.empty(),
                Outcomes.none("Training failed."));
    }

    /** A language model that wrote what a page must not obey. */
    static FitRecord written() {
        final FitRecord fit = of(model("CausalLm", "loss", List.of()), Fits.STEADY);
        final WrittenSamples samples = new WrittenSamples(
                "do_sample false, max_new_tokens 64",
                List.of(
                        new WrittenSamples.Row(
                                1,
                                "system: Be kind.\nuser: " + HOSTILE,
                                "thanks\na lot",
                                HOSTILE,
                                Optional.of("thanks")),
                        new WrittenSamples.Row(4, "user: late", "sorry", "", Optional.of("sorry ".repeat(700)))),
                new Metrics(Map.of("exact_match", 0.0, "rougeL", 0.125, "bleu", 3.0)),
                Optional.of(new Metrics(Map.of("exact_match", 0.5, "rougeL", 0.75, "bleu", 50.0))));
        return new FitRecord(
                fit.model(),
                fit.settings(),
                fit.data(),
                fit.findings(),
                fit.layers(),
                fit.course(),
                fit.evaluation(),
                Outcomes.none("A model that writes is neither right nor wrong."),
                fit.machine(),
                fit.warnings(),
                Optional.of(samples));
    }

    static Stream<FitRecord> fits() {
        return Stream.of(
                Fits.classes(List.of("bad", "good"), 60, 7, Fits.STEADY),
                Fits.classes(Fits.names(30), 300, 5, Fits.STEADY),
                Fits.classes(List.of("bad", "good"), 60, 0, Fits.STEADY),
                Fits.classes(List.of("bad", "good"), 4, 2, Fits.course(1, step -> 0.7, epoch -> 0.6)),
                tags(),
                answers(),
                numbers(),
                labels(),
                diverged(),
                written(),
                of(model("MaskedLm", "loss", List.of()), Fits.STEADY),
                of(
                        model("Own", "own", List.of()),
                        Fits.STEADY,
                        new Outcome.Other(1, Fits.input("star"), "five", "four")));
    }

    @ParameterizedTest
    @MethodSource("fits")
    void aPageIsWellFormedAndRefersToNothingOutside(FitRecord fit) {
        final String page = page(fit);

        final Element html = Html.parsed(page).getDocumentElement();
        assertThat(page).startsWith("<!DOCTYPE html>").doesNotContain("http:", "https:", "url(", "<script");
        for (Element element : Html.all(html, "*")) {
            for (String name : List.of("src", "href")) {
                if (element.hasAttribute(name)) {
                    assertThat(element.getAttribute(name)).matches("(#|data:image/jpeg;base64,).*");
                }
            }
        }
        final List<String> ids = Html.all(html, "*").stream()
                .map(element -> element.getAttribute("id"))
                .filter(id -> !id.isEmpty())
                .toList();
        assertThat(ids).doesNotHaveDuplicates();
        assertThat(Html.all(html, "a"))
                .allSatisfy(link ->
                        assertThat(ids).contains(link.getAttribute("href").substring(1)));
        assertThat(Html.text(page)).doesNotContain("NaN", "null", "Optional", "Infinity");
    }

    @ParameterizedTest
    @MethodSource("fits")
    void everyChartHasATitleAxesAndItsNumbersInATable(FitRecord fit) {
        final List<Element> figures = Html.all(page(fit), "figure");

        assertThat(figures).isNotEmpty();
        for (Element figure : figures) {
            final Element chart = Html.all(figure, "svg").get(0);
            assertThat(chart.getAttribute("role")).isEqualTo("img");
            assertThat(Html.all(chart, "title").get(0).getTextContent()).isNotBlank();
            assertThat(Html.all(chart, "desc").get(0).getTextContent()).isNotBlank();
            assertThat(Html.all(chart, "text").stream()
                            .filter(text -> text.getAttribute("class").equals("name")))
                    .hasSize(2)
                    .allSatisfy(text -> assertThat(text.getTextContent()).isNotBlank());
            assertThat(Html.all(figure, "table")).hasSize(1);
        }
        for (Element table : Html.all(page(fit), "table")) {
            assertThat(Html.all(table, "caption")).hasSize(1);
            assertThat(Html.all(table, "th"))
                    .allSatisfy(cell -> assertThat(cell.getAttribute("scope")).isIn("col", "row"));
        }
    }

    @Test
    void whatTheDataSaysIsEscaped() {
        final FitRecord fit = Fits.classes(List.of(HOSTILE, "good"), 20, 3, Fits.STEADY);
        final List<Outcome> outcomes = new ArrayList<>();
        fit.outcomes()
                .kept()
                .forEach(outcome -> outcomes.add(outcome.of(
                        new ShownInput(HOSTILE + outcome.row(), Optional.of(HOSTILE), Optional.of("AAAA")))));
        final String page = page(Fits.fit(
                fit.model(),
                List.of(new DataPart("training", HOSTILE, 9, Map.of(HOSTILE, 2L), Optional.empty())),
                List.of(),
                fit.course(),
                fit.evaluation(),
                new Outcomes(20, HOSTILE, outcomes)));

        assertThat(Html.all(page, "script")).isEmpty();
        assertThat(Html.all(page, "style")).hasSize(1);
        assertThat(Html.text(page)).contains("<script>alert('x')</script> \"quoted\" & \ufffd \ufffd \ufffd </style>");
        assertThat(page.getBytes(StandardCharsets.UTF_8))
                .isEqualTo(new String(page.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8)
                        .getBytes(StandardCharsets.UTF_8));
        final Map<String, FitRecord> fits = new LinkedHashMap<>();
        fits.put(HOSTILE, fit);
        fits.put("other", fit);
        assertThat(Html.all(new HtmlReporter().comparison(fits), "script")).isEmpty();
    }

    @Test
    void whatAModelWroteStandsBesideTheDataEscapedWithItsScores() {
        final String page = page(written());

        assertThat(Html.all(page, "script")).isEmpty();
        assertThat(Html.text(page))
                .contains("What the model wrote for 2 rows of the validation data before training and after it.")
                .contains("exact match 0.0 % 50.0 %", "ROUGE-L 0.1250 0.7500")
                .doesNotContain("bleu")
                .contains("in the datathanks a lot")
                .contains("<script>alert('x')</script>")
                .contains("before training(nothing)");
        assertThat(page).contains("thanks\na lot").contains("sorry so ...");
    }

    @Test
    void aPageOf77ClassesAnd5000RowsAnd20000StepsStaysSmall() {
        final Course course =
                Fits.course(20_000, step -> 4 / (1 + step / 500.0) + step % 17 / 40.0, epoch -> 4.0 / epoch);
        final String page = page(Fits.classes(Fits.names(77), 5_000, 4, course));

        assertThat(page.getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(500_000);
        assertThat(Html.text(page)).contains("20 of 77 pairs");
    }

    @Test
    void aTrainingThatFailedSaysSoFirst() {
        final String text = Html.text(page(diverged()));

        assertThat(text)
                .contains("This training failed after 30 steps: the loss is no number")
                .contains("Rule: failed");
        assertThat(text.indexOf("This training failed")).isLessThan(text.indexOf("What to try next"));
    }

    @Test
    void withoutMistakesThereAreNone() {
        assertThat(Html.text(page(Fits.classes(List.of("bad", "good"), 60, 0, Fits.STEADY))))
                .contains("All 60 validation rows. None of them is wrong.");
    }

    @Test
    void mistakesAreShownWithTheSurestFirst() {
        final FitRecord fit = Fits.classes(List.of("bad", "good"), 60, 7, Fits.STEADY);
        final String text = Html.text(page(fit));

        assertThat(text)
                .contains("9 of them are wrong, 15.0 % (8.1 to 26.1)")
                .contains("Rows are numbered from 1 in the validation data (validation.tsv)");
        final List<Integer> rows = fit.outcomes().kept().stream()
                .filter(outcome -> !outcome.isRight())
                .sorted((one, other) -> Double.compare(other.confidence(), one.confidence()))
                .map(Outcome::row)
                .toList();
        int at = 0;
        for (int row : rows) {
            at = text.indexOf("row " + row + " ", at);
            assertThat(at).as("row %s", row).isPositive();
        }
    }

    @Test
    void tagsAreMarkedWhereTheyAreAndWhereTheyOughtToBe() {
        final List<Element> marks = Html.all(page(tags()), "mark");

        assertThat(marks.stream().map(mark -> mark.getAttribute("class") + ": " + mark.getTextContent()))
                .containsExactly("right: ann B-PER", "wrong: in not read, is O", "wrong: bonn B-PER, is O");
    }

    @Test
    void metricsSayOfWhichClassTheyAreOrWhatTheyAverage() {
        assertThat(Html.text(page(Fits.classes(List.of("bad", "good"), 60, 7, Fits.STEADY))))
                .contains("precision of good", "F1 of good", "AUROC of good", "accuracy ");
        assertThat(Html.text(page(Fits.classes(Fits.names(3), 60, 7, Fits.STEADY))))
                .contains("recall, macro average over the classes", "AUROC, mean over the classes");
        assertThat(MetricNames.of(tags().model(), "f1")).isEqualTo("F1, micro average over all entities");
        assertThat(MetricNames.of(labels().model(), "precision")).isEqualTo("precision, micro average over the labels");
        assertThat(MetricNames.of(answers().model(), "f1")).startsWith("F1 of an answer's words");
    }

    @Test
    void theCalibrationErrorIsThatOfTheMetric() {
        final FitRecord fit = Fits.classes(List.of("bad", "good"), 300, 7, Fits.STEADY);
        final String error = Told.percent(fit.evaluation().orElseThrow().get("ece"));
        assertThat(Html.text(page(fit))).contains("Expected calibration error " + error + " in 15 bins");
    }

    @Test
    void answersStandBesideTheTruth() {
        assertThat(Html.text(page(answers())))
                .contains("where is ann ann lives in bonn . truthbonn, in bonn predictedann 90.0 %, F1 0.0 %")
                .contains("Answers that are right");
    }

    @Test
    void lossesThatPartAreMarked() {
        final Course parting =
                Fits.course(40, step -> 0.7 / (1 + step / 4.0), epoch -> epoch < 3 ? 0.5 / epoch : 0.3 * epoch);
        final String page = page(Fits.classes(List.of("bad", "good"), 60, 7, parting));

        assertThat(Html.text(page))
                .contains("Training and validation loss part after step 20")
                .contains("they part here")
                .contains("Rule: losses part");
        assertThat(Html.text(page(Fits.classes(List.of("bad", "good"), 60, 7, Fits.STEADY))))
                .contains("Training and validation loss don't part.")
                .doesNotContain("they part here");
    }

    @Test
    void fitsAreComparedOnTheRowsThatBothPredicted() {
        final Map<String, FitRecord> fits = new LinkedHashMap<>();
        fits.put("first", Fits.classes(List.of("bad", "good"), 60, 3, Fits.STEADY));
        fits.put("second", Fits.classes(List.of("bad", "good"), 60, 0, Fits.STEADY));
        final String page = new HtmlReporter().comparison(fits);

        assertThat(Html.text(page))
                .contains("first and second 60 0 20 1.91e-6 second is better by more than chance")
                .contains("No setting differs.");
        assertThat(Html.all(page, "svg")).hasSizeGreaterThanOrEqualTo(3);
        fits.put("third", fits.get("first"));
        assertThat(Html.text(new HtmlReporter().comparison(fits))).contains("first and third 60 0 0 1 may be chance");
    }
}
