package dev.finetune.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.data.Finding.Code;
import dev.finetune.data.Finding.Severity;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DataCheckTest {
    /** Ten texts of each class, no two alike. */
    private static List<Example<Text>> sound(String prefix) {
        return IntStream.range(0, 20)
                .mapToObj(i -> example(prefix + i, i % 2 == 0 ? "neg" : "pos"))
                .toList();
    }

    private static Example<Text> example(String text, String label) {
        return new Example<>(Text.of(text), Label.of(label));
    }

    @SafeVarargs
    private static Dataset<Text> with(List<Example<Text>> examples, Example<Text>... more) {
        List<Example<Text>> all = new ArrayList<>(examples);
        for (Example<Text> example : more) {
            all.add(example);
        }
        return Dataset.of(Text.class, all);
    }

    private static Finding only(List<Finding> findings) {
        assertThat(findings).hasSize(1);
        return findings.get(0);
    }

    @Test
    void soundDataGivesNoFindings() {
        assertThat(DataCheck.check(with(sound("train")), with(sound("validation"))))
                .isEmpty();
    }

    @Test
    void inputsInTrainAndValidationAreFound() {
        Finding finding = only(DataCheck.check(
                with(sound("train"), example("leaks   " + "x".repeat(100), "neg")),
                with(sound("validation"), example("leaks   " + "x".repeat(100), "neg"))));

        assertThat(finding.code()).isEqualTo(Code.LEAKAGE);
        assertThat(finding.severity()).isEqualTo(Severity.WARNING);
        assertThat(finding.message())
                .contains("Inputs in both train and validation: 1: \"leaks xxx", "...\" (train 21 and validation 21)");
    }

    @Test
    void inputsOfEqualHashAreNotTakenForEqual() {
        assertThat("Aa").hasSameHashCodeAs("BB");

        assertThat(DataCheck.check(
                        with(sound("train"), example("Aa", "neg"), example("AaBB", "neg"), example("BBAa", "pos")),
                        with(sound("validation"), example("BB", "pos"))))
                .isEmpty();
    }

    @Test
    void classesThatSeemToBeOthersMisspeltAreFound() {
        List<Finding> findings = DataCheck.check(with(sound("train"), example("so so", "Neg")));

        assertThat(findings)
                .extracting(Finding::code)
                .containsExactly(Code.ALIKE_CLASSES, Code.IMBALANCE, Code.SMALL_CLASSES);
        assertThat(findings.get(0).message())
                .contains("1: \"Neg\" (1, did you mean \"neg\", 10?)", "correct the labels");
    }

    @Test
    void labelsWithoutANameAreFound() {
        final List<Finding> findings =
                DataCheck.check(with(sound("train"), example("so so", ""), example("well", "  "), example("oh", "")));

        assertThat(findings)
                .extracting(Finding::code)
                .containsExactly(Code.BLANK_CLASSES, Code.IMBALANCE, Code.SMALL_CLASSES);
        assertThat(findings.get(0).message()).contains("how often they occur: 2: \"\" (2), \"  \" (1)");
        assertThat(findings.get(1).message()).contains(", \"  \" has 1.");
        assertThat(findings.get(2).message()).contains("\"\" (2)");
    }

    @Test
    void oneInputWithTwoLabelsIsFound() {
        List<Finding> findings =
                DataCheck.check(with(sound("train"), example("so so", "neg"), example("so so", "pos")));

        assertThat(findings).extracting(Finding::code).containsExactly(Code.CONFLICTING_LABELS, Code.DUPLICATES);
        assertThat(findings.get(0).message()).contains("\"so so\" (neg and pos)");
        assertThat(findings.get(1).message()).contains("\"so so\" (2 times, first at 21)");
    }

    @Test
    void aLabelThatDiffersBetweenTrainAndValidationIsFound() {
        assertThat(DataCheck.check(
                        with(sound("train"), example("so so", "neg")),
                        with(sound("validation"), example("so so", "pos"))))
                .extracting(Finding::code)
                .containsExactly(Code.LEAKAGE, Code.CONFLICTING_LABELS);
    }

    @Test
    void classesThatValidationNeverShowsAreFound() {
        Finding finding =
                only(DataCheck.check(with(sound("train")), with(List.of(example("a", "neg"), example("b", "neg")))));

        assertThat(finding.code()).isEqualTo(Code.ABSENT_CLASSES);
        assertThat(finding.message()).contains("never occur in validation: 1: pos");
    }

    @Test
    void whatMayBePublishedHasRowsInPlaceOfInputs() {
        List<Finding> findings = DataCheck.check(
                with(sound("train"), example("so so", "neg"), example("so so", "pos")),
                with(sound("validation"), example("so so", "pos")));

        assertThat(findings).extracting(Finding::withoutText).noneMatch(text -> text.contains("so so"));
        assertThat(findings.get(0).withoutText()).contains("1: train 21 and validation 21 (rows counted from 1)");
        assertThat(findings.get(1).withoutText()).contains("train 21 and train 22");
    }

    @Test
    void oneClassOnlyIsAnError() {
        Finding finding = only(DataCheck.check(with(List.of(example("a", "pos"), example("b", "pos")))));

        assertThat(finding.code()).isEqualTo(Code.ONE_CLASS);
        assertThat(finding.severity()).isEqualTo(Severity.ERROR);
    }

    @Test
    void classesThatTrainNeverShowsAreFound() {
        Finding finding = only(DataCheck.check(
                with(sound("train")), with(sound("validation"), example("x", "postive"), example("y", "neutral"))));

        assertThat(finding.code()).isEqualTo(Code.UNSEEN_CLASSES);
        assertThat(finding.message()).contains("2: neutral, postive");
    }

    @Test
    void imbalanceAndSmallClassesAreFound() {
        List<Example<Text>> examples = new ArrayList<>();
        IntStream.range(0, 40).forEach(i -> examples.add(example("a" + i, "many")));
        IntStream.range(0, 4).forEach(i -> examples.add(example("b" + i, "few")));

        List<Finding> findings = DataCheck.check(with(examples));

        assertThat(findings).extracting(Finding::code).containsExactly(Code.IMBALANCE, Code.SMALL_CLASSES);
        assertThat(findings.get(0).message())
                .contains("many has 40, few has 4", "balancedClassWeights()", "balancedSampling(true)");
        assertThat(findings.get(1).message()).contains("few (4)");
        assertThat(DataCheck.check(with(examples.subList(1, 44))))
                .extracting(Finding::code)
                .containsExactly(Code.SMALL_CLASSES);
    }

    @Test
    void emptyTextsAreFound() {
        Finding finding = only(DataCheck.check(with(sound("train"), example(" ", "neg")), with(sound("validation"))));

        assertThat(finding.code()).isEqualTo(Code.EMPTY_INPUTS);
        assertThat(finding.message()).contains("Inputs without text: 1: train 21. Leave them out");
    }

    @Test
    void emptyDataIsFound() {
        Dataset<Text> empty = Dataset.of(Text.class, List.of());

        assertThat(DataCheck.check(empty, empty))
                .extracting(Finding::code)
                .containsExactly(Code.NO_EXAMPLES, Code.NO_VALIDATION);
    }

    @Test
    void streamedDataIsCheckedToo() {
        Dataset<Text> train = Dataset.streamed(Text.class, () -> sound("train").stream());
        Dataset<Text> validation =
                Dataset.streamed(Text.class, () -> sound("train").stream().limit(3));

        assertThat(only(DataCheck.check(train, validation)).message())
                .contains("Inputs in both train and validation: 3: ");
    }

    @Test
    void otherLabelsAreCheckedAsFarAsItMakesSense() {
        Dataset<Text> numbers = Dataset.of(
                Text.class,
                List.of(new Example<>(Text.of("a"), Label.of(1)), new Example<>(Text.of("a"), Label.of(2.5))));
        Dataset<Text> sets = Dataset.of(
                Text.class,
                IntStream.range(0, 9)
                        .mapToObj(i -> new Example<>(Text.of("t" + i), (Label) new Label.Categories(Set.of("only"))))
                        .toList());
        Dataset<Words> tags = Dataset.of(
                Words.class, List.of(new Example<>(Words.of("a", "b"), new Label.Tags(List.of("O", "B-X")))));

        assertThat(DataCheck.check(numbers))
                .extracting(Finding::code)
                .containsExactly(Code.CONFLICTING_LABELS, Code.DUPLICATES);
        assertThat(DataCheck.check(sets)).isEmpty();
        assertThat(DataCheck.check(tags)).isEmpty();
    }
}
