package dev.finetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.data.Finding.Code;
import dev.finetune.error.FinetuneException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Several processes that each have a part of the data find what one finds that has all of it. */
class SharedCheckTest {
    private static final int PARTS = 3;

    /** An input that isn't made of texts and numbers alone. */
    record Picture(Object pixels) {}

    private static Example<Text> row(String text, String label) {
        return new Example<>(Text.of(text), Label.of(label));
    }

    /** Parts one after the other, as a file is cut into row ranges. */
    private static <I> Dataset<I> range(Dataset<I> whole, int part) {
        final List<Example<I>> all = whole.asList();
        return Dataset.of(whole.inputType(), all.subList(all.size() * part / PARTS, all.size() * (part + 1) / PARTS));
    }

    private static <I> SharedCheck together(Dataset<I> train, Optional<Dataset<I>> validation) throws Exception {
        final List<SharedCheck> all = InParts.run(
                PARTS,
                (part, gather) ->
                        SharedCheck.of(range(train, part), validation.map(data -> range(data, part)), gather));
        assertThat(all).as("the same in all").containsOnly(all.get(0));
        return all.get(0);
    }

    /** In words that don't tell rows: those of parts are named by the process, too. */
    private static List<String> toldBesideRows(List<Finding> findings, boolean ofParts) {
        return findings.stream()
                .map(finding -> finding.code() + " "
                        + (ofParts ? finding.message().replaceAll("process (\\d)'s ", "") : finding.message())
                                .replaceAll("(train|validation|at) \\d+", "$1 _")
                                .replace("first at train _", "first at _"))
                .toList();
    }

    @Test
    void countsLabelsAndFindingsAreThoseOfTheWhole() throws Exception {
        final List<Example<Text>> rows = new ArrayList<>();
        IntStream.range(0, 60).forEach(i -> rows.add(row("text " + i, "a")));
        IntStream.range(60, 64).forEach(i -> rows.add(row("text " + i, "b")));
        IntStream.range(64, 90).forEach(i -> rows.add(row("text " + i, "A")));
        rows.add(row("text 3", "b")); // Contradicts a row of another process.
        rows.add(row("text 63", "b")); // Repeats one.
        rows.add(row(" ", "a"));
        rows.add(row("text 63", "b"));
        final List<Example<Text>> held = new ArrayList<>();
        IntStream.range(100, 109).forEach(i -> held.add(row("text " + i, i % 2 == 0 ? "a" : "unseen")));
        held.add(row("text 17", "a")); // Leaks from another process.
        final Dataset<Text> train = Dataset.of(Text.class, rows);
        final Dataset<Text> validation = Dataset.of(Text.class, held);

        final SharedCheck found = together(train, Optional.of(validation));

        final List<Finding> expected = DataCheck.check(train, validation);
        assertThat(expected)
                .extracting(Finding::code)
                .contains(
                        Code.LEAKAGE,
                        Code.CONFLICTING_LABELS,
                        Code.DUPLICATES,
                        Code.EMPTY_INPUTS,
                        Code.UNSEEN_CLASSES,
                        Code.ABSENT_CLASSES);
        assertThat(toldBesideRows(found.findings(), true)).isEqualTo(toldBesideRows(expected, false));
        assertThat(found.train().rows()).isEqualTo(rows.size());
        assertThat(found.train().classes()).isEqualTo(ClassCounts.of(train).counts());
        assertThat(found.train().classes().keySet())
                .containsExactlyElementsOf(LabelSet.discover(train).names());
        assertThat(found.validation().orElseThrow().rows()).isEqualTo(held.size());
    }

    @Test
    void rowsAreNamedByTheProcessThatHasThem() throws Exception {
        final Dataset<Text> train = Dataset.texts(
                List.of("one", "same", "two", "three", "same", "four"), List.of("a", "b", "b", "b", "a", "a"));
        final Finding conflict = together(train, Optional.empty()).findings().stream()
                .filter(finding -> finding.code() == Code.CONFLICTING_LABELS)
                .findFirst()
                .orElseThrow();
        assertThat(conflict.message()).contains("\"same\" (b and a)");
        assertThat(conflict.withoutText())
                .contains("process 0's train 2 and process 2's train 1 (rows counted from 1)");
    }

    @Test
    void partsOfOneClassEachAreNoFaultOfTheWhole() throws Exception {
        final Dataset<Text> sorted = Dataset.texts(
                IntStream.range(0, 30).mapToObj(i -> "text " + i).toList(),
                IntStream.range(0, 30).mapToObj(i -> "class " + i / 10).toList());
        assertThat(together(sorted, Optional.empty()).findings()).isEmpty();

        final Dataset<Text> one = Dataset.texts(
                IntStream.range(0, 30).mapToObj(i -> "text " + i).toList(),
                IntStream.range(0, 30).mapToObj(i -> "all").toList());
        assertThat(together(one, Optional.empty()).findings())
                .extracting(Finding::code)
                .containsExactly(Code.ONE_CLASS);
    }

    @Test
    void manyRepeatsAreCountedAndTheFirstTold() throws Exception {
        final int rows = 50_000; // More than are said at once.
        final Dataset<Text> train = Dataset.texts(
                IntStream.range(0, rows).mapToObj(i -> "text " + i % (rows / 2)).toList(),
                IntStream.range(0, rows).mapToObj(i -> i % 2 == 0 ? "a" : "b").toList());
        final List<Finding> found = together(train, Optional.empty()).findings();
        assertThat(found).extracting(Finding::code).containsExactly(Code.DUPLICATES);
        assertThat(found.get(0).message())
                .contains("25000, such as \"text 0\" (2 times, first at process 0's train 1), \"text 1\" (2 times");
    }

    @Test
    void whatIsNotMadeOfTextIsComparedWithinItsPart() throws Exception {
        final Object pixels = new Object();
        final List<Example<Picture>> rows = IntStream.range(0, 12)
                .mapToObj(i -> new Example<>(
                        new Picture(i == 9 || i == 11 ? pixels : new Object()), Label.of(i % 2 == 0 ? "a" : "b")))
                .collect(Collectors.toList());
        final List<Finding> found =
                together(Dataset.of(Picture.class, rows), Optional.empty()).findings();
        assertThat(found)
                .filteredOn(finding -> finding.code() == Code.DUPLICATES)
                .singleElement()
                .extracting(Finding::withoutText)
                .asString()
                .contains("process 2's train 2 and process 2's train 4");
    }

    @Test
    void labelsOfOtherKindsAreRefusedInAll() {
        final Function<Integer, Dataset<Text>> parts = part -> Dataset.of(
                Text.class,
                List.of(new Example<>(
                        Text.of("text " + part), part == 1 ? new Label.Values(List.of(1.0)) : Label.of("a"))));
        assertThatThrownBy(() ->
                        InParts.run(2, (part, gather) -> SharedCheck.of(parts.apply(part), Optional.empty(), gather)))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(FinetuneException.class)
                .hasMessage(
                        "The labels of process 1 are of another kind (no classes) than those of process 0 (Category).");
    }
}
