package dev.finetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads published data sets, where they are at hand: in the folder {@code data} under {@code finetune.shared}. */
class RealFilesTest {
    private static Path published(String name) {
        Path path =
                Path.of(System.getProperty("finetune.shared", "shared"), "data").resolve(name);
        assumeTrue(Files.exists(path), () -> "Skipped: the published data set isn't there: " + path);
        return path;
    }

    @ParameterizedTest
    @CsvSource({"train, 67349", "dev, 872", "test, 1821"})
    void everyRowOfSst2IsRead(String part, int rows) {
        Dataset<Text> data = TextFiles.of(published("sst2/" + part + ".tsv")).classification();

        assertThat(data.size()).hasValue(rows);
        assertThat(LabelSet.discover(data).names()).containsExactly("0", "1");
        assertThat(data.describe()).isEqualTo("sst2/" + part + ".tsv, " + rows + " rows");
    }

    @ParameterizedTest
    @CsvSource({"train, 10003", "test, 3080"})
    void everyRowOfBanking77IsRead(String part, int rows) {
        Dataset<Text> data = TextFiles.of(published("banking77/" + part + ".csv"))
                .label("category")
                .classification();

        assertThat(data.size()).hasValue(rows);
        assertThat(LabelSet.discover(data).size()).isEqualTo(77);
    }

    @ParameterizedTest
    @ValueSource(strings = {"banking77/train.csv", "wnut17/wnut17train.conll", "sst2/train.tsv"})
    void noClassIsTakenForAnotherMisspelt(String name) {
        Path path = published(name);
        Dataset<?> data = name.endsWith(".conll")
                ? TokenFiles.conll(path).tokenClassification()
                : (name.startsWith("banking") ? TextFiles.csv(path).label("category") : TextFiles.tsv(path))
                        .classification();
        Map<String, Long> counts = ClassCounts.of(data).counts();

        assertThat(AlikeClasses.in(counts)).isEmpty();
        for (String rare : counts.keySet()) {
            Map<String, Long> others = new HashMap<>(counts);
            others.replaceAll((label, count) -> label.equals(rare) ? 1 : 1000L);
            assertThat(AlikeClasses.in(others)).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({"in_domain_train, 8551", "in_domain_dev, 527", "out_of_domain_dev, 516"})
    void everyRowOfColaIsRead(String part, int rows) {
        Dataset<Text> data = TextFiles.tsv(published("cola/" + part + ".tsv"))
                .noHeader()
                .text(3)
                .label(1)
                .classification();

        assertThat(data.size()).hasValue(rows);
    }

    @ParameterizedTest
    @CsvSource({"wnut17train.conll, 3394", "emerging.dev.conll, 1009", "emerging.test.annotated, 1287"})
    void everySentenceOfWnut17IsRead(String part, int rows) {
        Dataset<Words> data = TokenFiles.conll(published("wnut17/" + part)).tokenClassification();

        assertThat(data.size()).hasValue(rows);
        assertThat(LabelSet.discover(data).names())
                .startsWith("O", "B-corporation", "I-corporation", "B-creative-work")
                .hasSize(13);
    }

    @Test
    void everyQuestionOfXquadIsRead() {
        Dataset<Question> data =
                SquadFiles.json(published("xquad/xquad.en.json")).questionAnswering();

        assertThat(data.size()).hasValue(1190);
    }

    @Test
    void sst2IsStreamedAsItIsReadAndSplitInProportion() {
        TextFiles reader = TextFiles.tsv(published("sst2/train.tsv"));
        Dataset<Text> data = reader.classification();

        assertThat(reader.streamed().classification()).containsExactlyElementsOf(data);
        Split<Text> split = data.split(0.1, 42);
        assertThat(split.validation().size()).hasValue(6735);
        assertThat(ClassCounts.of(split.validation()).counts().get("0")).isEqualTo(2978);
    }

    @Test
    void sst2IsCheckedInAMoment() {
        assertThat(DataCheck.check(
                        TextFiles.tsv(published("sst2/train.tsv")).classification(),
                        TextFiles.tsv(published("sst2/dev.tsv")).classification()))
                .extracting(Finding::code)
                .contains(Finding.Code.DUPLICATES);
    }
}
