package dev.finetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import dev.finetune.data.Finding.Code;
import dev.finetune.error.FinetuneException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataReportTest {
    private static final List<String> THINGS =
            List.of("kettle", "lamp", "novel", "hotel", "coat", "phone", "meal", "film");
    private static final List<String> GOOD = List.of("wonderful", "a delight", "well made", "charming", "superb");
    private static final List<String> BAD = List.of("dreadful", "a waste", "badly made", "boring", "broken");

    private static Example<Text> example(String text, String label) {
        return new Example<>(Text.of(text), Label.of(label));
    }

    /** Eighty texts that a linear classifier tells apart, no two nearly alike. */
    private static List<Example<Text>> sound(String where) {
        final List<Example<Text>> rows = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            final String thing = THINGS.get((i + where.length()) % 8);
            final String other = THINGS.get((i / 8 + i) % 8);
            final String number = Integer.toString((i + where.length()) * 7919 * 104729, 36);
            rows.add(example(
                    where + " the " + thing + " was " + GOOD.get(i % 5) + ", unlike " + number + " " + other, "pos"));
            rows.add(example(
                    other + " " + number + " was " + BAD.get(i % 5) + " and so the " + thing + " in " + where, "neg"));
        }
        return rows;
    }

    /** Texts whose classes are drawn, so that no word tells them. */
    private static List<Example<Text>> drawn() {
        final SplittableRandom random = new SplittableRandom(4);
        return IntStream.range(0, 300)
                .mapToObj(
                        i -> example("thing " + Long.toString(random.nextLong(), 36), random.nextBoolean() ? "a" : "b"))
                .toList();
    }

    @SafeVarargs
    private static <I> Dataset<I> data(Class<I> type, List<Example<I>> rows, Example<I>... more) {
        final List<Example<I>> all = new ArrayList<>(rows);
        all.addAll(Arrays.asList(more));
        return Dataset.of(type, all);
    }

    @SafeVarargs
    private static DataReport report(Example<Text>... more) {
        return DataCheck.of(data(Text.class, sound("here"), more)).report();
    }

    private static DataReport.Issue only(DataReport report, Code code) {
        return report.issues().stream()
                .filter(issue -> issue.code() == code)
                .findFirst()
                .orElseThrow(() -> new AssertionError(code + " is missing in\n" + report));
    }

    private static List<Code> codes(DataReport report) {
        return report.issues().stream().map(DataReport.Issue::code).toList();
    }

    @Test
    void soundDataHasNoIssues() {
        final DataReport report = DataCheck.of(
                        data(Text.class, sound("here")), data(Text.class, sound("elsewhere we went")))
                .report();

        assertThat(report.issues()).as(report.toString()).isEmpty();
        assertThat(report.leftOut()).isEmpty();
        assertThat(report.toString()).contains("train       80 rows", "Nothing was found.");
    }

    @Test
    void everyKindIsToldWithItsRowsAQuoteAndWhatToDo() {
        final DataReport report = DataCheck.of(
                        data(
                                Text.class,
                                sound("here"),
                                example("The parcel never came, and nobody answers.", "neg"),
                                example("The parcel never came and nobody answers!", "pos"),
                                example("Caf\u00C3\u00A9 by the river, too loud &amp; too dear.", "neg"),
                                example("x", "pos")),
                        data(
                                Text.class,
                                sound("elsewhere we went"),
                                example("THE PARCEL NEVER CAME, and nobody answers", "neg")))
                .report();

        final DataReport.Case leak = only(report, Code.NEAR_LEAKAGE).cases().get(0);
        assertThat(leak.rows()).hasToString("[train 81, validation 81]");
        assertThat(leak.quote()).isEqualTo("\"THE PARCEL NEVER CAME, and nobody answers\"");
        assertThat(leak.why()).isEqualTo("1.00 like \"The parcel never came, and nobody answers.\"");
        assertThat(only(report, Code.NEAR_CONFLICTS).cases().get(0).why()).endsWith("; neg and pos");
        assertThat(only(report, Code.NEAR_DUPLICATES).cases().get(0).rows()).hasToString("[train 81, train 82]");
        assertThat(only(report, Code.ODD_ENCODING).cases().get(0).why()).contains("probably \"\u00E9\"");
        assertThat(only(report, Code.MARKUP).cases().get(0).why()).contains("&amp;");
        assertThat(only(report, Code.ODD_LENGTHS).cases().get(0).why()).isEqualTo("one character");
        assertThat(report.issues())
                .allSatisfy(issue -> assertThat(issue.advice()).isNotBlank());
        assertThat(report.toString())
                .contains(
                        "near-leakage: 1\n",
                        "    train 81 and validation 81  \"THE PARCEL NEVER CAME, and nobody answers\"\n");
        final JsonObject json = report.toJson();
        final JsonObject first = json.getAsJsonArray("issues").get(0).getAsJsonObject();
        assertThat(first.get("code").getAsString()).isEqualTo("near-leakage");
        assertThat(first.getAsJsonArray("cases").get(0).getAsJsonObject().getAsJsonArray("rows"))
                .hasToString("[{\"part\":\"train\",\"row\":81},{\"part\":\"validation\",\"row\":81}]");
    }

    @Test
    void whatCannotBeSeenIsFoundInTextsAndLabels() {
        final DataReport report = report(
                example("This is the be\u200Bst of all the hotels.", "pos"),
                example("Nobody would go there twice.", "neg\u200B"));

        assertThat(only(report, Code.ODD_ENCODING).cases())
                .extracting(DataReport.Case::why)
                .containsExactly(
                        "an invisible character, U+200B, at character 15",
                        "in its label \"neg\\u200B\": an invisible character, U+200B, at character 4");
        assertThat(only(report, Code.ALIKE_CLASSES).what()).contains("\"neg\\u200B\" (1, did you mean \"neg\", 40?)");
    }

    @Test
    void normalFormsAreToldWithHowManyOthersThereAre() {
        final String composed = "Voil\u00E0, a caf\u00E9 by the river.";
        final String decomposed = "Voila\u0300, we never saw another one.";
        final String both = "Voila\u0300 and voil\u00E0, said the guide.";

        assertThat(only(report(example(both, "pos")), Code.NORMAL_FORMS).what())
                .isEqualTo("Texts that are in neither of Unicode's normal forms NFC and NFD, but mix them");
        assertThat(only(report(example(both, "pos"), example(composed, "pos")), Code.NORMAL_FORMS)
                        .what())
                .endsWith("normal form NFC, as 1 other is");
        assertThat(only(report(example(decomposed, "pos"), example(composed, "pos")), Code.NORMAL_FORMS)
                        .cases())
                .hasSize(1);
    }

    @Test
    void tooFewRowsForDoubtsAreToldAlsoWhereVectorsAreGiven() {
        final DataReport report = DataCheck.of(data(Text.class, sound("here").subList(0, 12)))
                .embeddedBy(inputs -> {
                    throw new AssertionError("asked");
                })
                .report();

        assertThat(report.leftOut())
                .containsExactly("label-errors: needs 20 rows, and two classes of 5, of which there are 12 and 2,"
                        + " so that no vector was asked for");
    }

    @Test
    void labelsThatAClassifierContradictsAreRankedFirst() {
        final List<Example<Text>> rows = sound("here");
        rows.set(10, new Example<>(rows.get(10).input(), Label.of("neg")));
        rows.set(33, new Example<>(rows.get(33).input(), Label.of("pos")));

        final DataReport.Issue issue = only(DataCheck.of(data(Text.class, rows)).report(), Code.LABEL_ERRORS);

        assertThat(issue.cases().subList(0, 2))
                .flatExtracting(DataReport.Case::rows)
                .extracting(DataReport.Place::row)
                .containsExactlyInAnyOrder(11, 34);
        assertThat(issue.cases().get(0).why()).startsWith("labelled ").contains("probably ");
    }

    @Test
    void labelsAreDoubtedByVectorsWhereTheyAreGiven() {
        final List<Example<Text>> rows = new ArrayList<>();
        final Map<Text, Boolean> truths = new HashMap<>();
        drawn().forEach(row -> {
            rows.add(row);
            truths.put(row.input(), row.label().equals(Label.of("a")));
        });
        rows.set(
                100,
                example(rows.get(100).input().text(), truths.get(rows.get(100).input()) ? "b" : "a"));
        final Function<List<Text>, List<float[]>> vectors = texts -> texts.stream()
                .map(text -> truths.get(text) ? new float[] {1, 0.1f} : new float[] {0.1f, 1})
                .toList();
        final DataCheck<Text> check = DataCheck.of(data(Text.class, rows));

        assertThat(codes(check.report())).doesNotContain(Code.LABEL_ERRORS);
        final DataReport.Issue issue = only(check.embeddedBy(vectors).report(), Code.LABEL_ERRORS);
        assertThat(issue.cases()).hasSize(1);
        assertThat(issue.cases().get(0).rows()).hasToString("[train 101]");
    }

    @Test
    void vectorsThatAreNotOneAnInputOrOfDifferentWidthsAreRefused() {
        final DataCheck<Text> check = DataCheck.of(data(Text.class, sound("here")));

        assertThatThrownBy(
                        () -> check.embeddedBy(texts -> List.of(new float[2])).report())
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("of 80 inputs there are 1 vectors");
        assertThatThrownBy(() -> check.embeddedBy(texts -> IntStream.range(0, texts.size())
                                .mapToObj(i -> new float[1 + i % 2])
                                .toList())
                        .report())
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("the vector of train 2 has 2 numbers, that of train 1 1");
    }

    @Test
    void aClassifierThatTellsNothingIsNotHeard() {
        final DataReport report = DataCheck.of(data(Text.class, drawn())).report();

        assertThat(codes(report)).doesNotContain(Code.LABEL_ERRORS);
        assertThat(report.leftOut())
                .singleElement()
                .asString()
                .startsWith("label-errors: the linear classifier is right");
    }

    @Test
    void equalDataHasAnEqualReport() {
        final DataReport once = report(
                example("The same", "neg"),
                example("the same!", "pos"),
                example("Sehr gut, und nicht zu teuer.", "pos"));
        final DataReport again = report(
                example("The same", "neg"),
                example("the same!", "pos"),
                example("Sehr gut, und nicht zu teuer.", "pos"));

        assertThat(again).isEqualTo(once).hasToString(once.toString());
        assertThat(again.toJson()).isEqualTo(once.toJson());
    }

    @Test
    void emptyDataOneRowOneClassAndEqualRowsAreTold() {
        final Dataset<Text> none = Dataset.of(Text.class, List.of());
        assertThat(codes(DataCheck.of(none, none).report())).containsExactly(Code.NO_EXAMPLES, Code.NO_VALIDATION);
        assertThat(codes(DataCheck.of(data(Text.class, List.of(example("one", "a"))))
                        .report()))
                .containsExactly(Code.ONE_CLASS);
        final List<Example<Text>> equal = IntStream.range(0, 500)
                .mapToObj(i -> example("same", "ab".substring(i % 2, i % 2 + 1)))
                .toList();
        final DataReport report = DataCheck.of(data(Text.class, equal)).report();
        assertThat(codes(report)).containsExactly(Code.CONFLICTING_LABELS, Code.DUPLICATES);
        assertThat(only(report, Code.DUPLICATES).cases().get(0).rows()).hasSize(100);
        assertThat(only(report, Code.DUPLICATES).cases().get(0).why()).startsWith("500 times");
        assertThat(report.toString()).contains("train 1, train 2, train 3, train 4 and others");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"\uD83D", "\uDE00\uD83D", "\uD83D\uDE00", "\u0000", "\u202E\u200B", "e\u0301\u0301\u0301", "&#0;"
            })
    void hostileCharactersAreSurvivedAndNeverPrinted(String text) {
        final DataReport report = report(example(text, "pos"), example(text + " " + text, "neg"), example(text, "neg"));

        assertThat(report.toString())
                .doesNotContain("\u0000", "\u202E")
                .matches(page -> page.chars().allMatch(unit -> unit == '\n' || unit >= ' '));
        assertThat(report.toJson().toString()).isNotEmpty();
    }

    @Test
    void rowsOfAMegabyteAreReadAndFoundLong() {
        final StringBuilder long1 = new StringBuilder();
        while (long1.length() < 1 << 20) {
            long1.append("the kettle was broken again ").append(long1.length());
        }

        final DataReport report = report(
                example(long1.toString(), "neg"), example(long1 + "!", "pos"), example("z".repeat(1 << 20), "neg"));

        assertThat(only(report, Code.ODD_LENGTHS).count()).isEqualTo(3);
        assertThat(only(report, Code.NEAR_CONFLICTS).count()).isEqualTo(1);
    }

    @Test
    void numbersThatAreNoneOrFarOffAreFound() {
        final List<Example<Text>> rows = new ArrayList<>();
        for (Example<Text> row : sound("here")) {
            rows.add(new Example<>(row.input(), Label.of(rows.size() % 10)));
        }
        rows.add(new Example<>(Text.of("a number that isn't one"), Label.of(Double.NaN)));
        rows.add(new Example<>(Text.of("one without end"), Label.of(Double.POSITIVE_INFINITY)));
        rows.add(new Example<>(Text.of("far from all of the others"), Label.of(1e6)));
        rows.add(new Example<>(Text.of("Far from all of the others!"), Label.of(1)));

        final DataReport report = DataCheck.of(data(Text.class, rows)).report();

        assertThat(only(report, Code.ODD_VALUES).cases())
                .flatExtracting(DataReport.Case::rows)
                .extracting(DataReport.Place::row)
                .containsExactly(81, 82, 83);
        assertThat(only(report, Code.NEAR_CONFLICTS).count()).isEqualTo(1);
    }

    @Test
    void setsOfClassesPairsWordsAndQuestionsAreCheckedAsFarAsItMakesSense() {
        final Dataset<Text> sets = data(
                Text.class,
                List.of(
                        new Example<>(Text.of("The same words here"), new Label.Categories(Set.of("a"))),
                        new Example<>(Text.of("the same words, here"), new Label.Categories(Set.of("a", "b")))));
        assertThat(codes(DataCheck.of(sets).report())).contains(Code.NEAR_CONFLICTS);

        final Dataset<Text> pairs = data(
                Text.class,
                List.of(
                        new Example<>(Text.pair("A man sleeps on a bench.", "He is awake."), Label.of("no")),
                        new Example<>(Text.pair("A man sleeps on a bench.", "He is resting."), Label.of("yes"))));
        assertThat(codes(DataCheck.of(pairs).report())).doesNotContain(Code.NEAR_CONFLICTS, Code.NEAR_DUPLICATES);

        final Dataset<Words> words = data(
                Words.class,
                List.of(
                        new Example<>(
                                Words.of("Anna", "lives", "in", "Rome"),
                                new Label.Tags(List.of("B-PER", "O", "O", "B-LOC"))),
                        new Example<>(
                                Words.of("anna", "lives", "in", "Rome", "."),
                                new Label.Tags(List.of("O", "O", "O", "O", "O")))));
        assertThat(codes(DataCheck.of(words).report())).containsExactly(Code.NEAR_DUPLICATES);

        final Label answer = new Label.Answers(List.of(new Label.Answer("Rome", 0)));
        final Dataset<Question> questions = data(
                Question.class,
                List.of(
                        new Example<>(new Question("Where does Anna live?", "Rome is where Anna lives."), answer),
                        new Example<>(new Question("where does anna live", "Rome is where Anna lives."), answer),
                        new Example<>(new Question("Where does Anna live?", "Rome, says Anna's brother."), answer)));
        assertThat(only(DataCheck.of(questions).report(), Code.NEAR_DUPLICATES).count())
                .isEqualTo(1);
    }

    @Test
    void inputsThatAreNotTextAreComparedAsTheyAre() {
        final Dataset<Integer> numbers = data(
                Integer.class,
                IntStream.range(0, 40)
                        .mapToObj(i -> new Example<>(i % 39, Label.of("ab".substring(i % 2, i % 2 + 1))))
                        .toList());

        final DataReport report = DataCheck.of(numbers).report();

        assertThat(codes(report)).containsExactly(Code.CONFLICTING_LABELS, Code.DUPLICATES);
        assertThat(report.leftOut()).singleElement().asString().contains("embeddedBy(...)");
    }

    @Test
    void aStreamIsReadOnceAndItIsSaidWhatIsLeftOut() {
        final AtomicInteger passes = new AtomicInteger();
        final List<Example<Text>> rows = sound("here");
        rows.add(example("broken \uFFFD", "pos"));
        rows.add(example("", "other"));
        final Dataset<Text> stream = Dataset.streamed(Text.class, () -> {
            passes.incrementAndGet();
            return rows.stream();
        });

        final DataReport report =
                DataCheck.of(stream, data(Text.class, sound("elsewhere"))).report();

        assertThat(passes).hasValue(1);
        assertThat(codes(report))
                .containsExactly(
                        Code.ABSENT_CLASSES, Code.EMPTY_INPUTS, Code.ODD_ENCODING, Code.IMBALANCE, Code.SMALL_CLASSES);
        assertThat(report.leftOut()).singleElement().asString().contains("leakage", "the data is streamed");
        assertThat(report.parts().get(0).rows()).isEqualTo(82);
    }

    @Test
    void labelsOfDifferentKindsAreRefused() {
        assertThatThrownBy(() -> report(new Example<>(Text.of("five"), Label.of(5))))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(
                        "Example 81 has a label of another kind (Values) than those before it (Category)");
    }

    @Test
    void idsOfKindsAreTheirNamesInSmallLettersWithHyphens() {
        assertThat(Code.NEAR_LEAKAGE.id()).isEqualTo("near-leakage");
    }
}
