package dev.finetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextFilesTest {
    @TempDir
    Path folder;

    private Path file(String name, String content) throws IOException {
        return file(name, content, StandardCharsets.UTF_8);
    }

    private Path file(String name, String content, Charset charset) throws IOException {
        return Files.write(folder.resolve(name), content.getBytes(charset));
    }

    private static Example<Text> example(String text, String label) {
        return new Example<>(Text.of(text), Label.of(label));
    }

    @Test
    void aTsvIsReadByItsHeader() throws IOException {
        Path path = file("train.tsv", "label\tsentence\n1\tgood\n0\tbad\n");

        Dataset<Text> data = TextFiles.tsv(path).classification();

        assertThat(data).containsExactly(example("good", "1"), example("bad", "0"));
        assertThat(data.inputType()).isEqualTo(Text.class);
        assertThat(data.size()).hasValue(2);
        assertThat(data.describe()).isEqualTo(folder.getFileName() + "/train.tsv, 2 rows");
    }

    @Test
    void theFirstColumnIsTheTextWhereNoneIsNamedSo() throws IOException {
        Path path = file("a.csv", "utterance,label\nhello,x\n");

        assertThat(TextFiles.csv(path).classification()).containsExactly(example("hello", "x"));
    }

    @Test
    void columnsCanBeNamedByNumberWithoutAHeader() throws IOException {
        Path path = file("cola.tsv", "gj04\t1\t\tThe sailors rode.\ngj04\t0\t*\tSailors the rode.\n");

        assertThat(TextFiles.tsv(path).noHeader().text(3).label(1).classification())
                .containsExactly(example("The sailors rode.", "1"), example("Sailors the rode.", "0"));
    }

    @Test
    void aQuoteInATsvIsText() throws IOException {
        Path path = file("a.tsv", "text\tlabel\n\"open quote\t1\na 5\" disk\t0\n");

        assertThat(TextFiles.tsv(path).classification())
                .containsExactly(example("\"open quote", "1"), example("a 5\" disk", "0"));
    }

    @Test
    void quotesInACsvHoldCommasQuotesAndLineBreaks() throws IOException {
        Path path = file("a.csv", "text,label\r\n\"one, two\",a\r\n\"she said \"\"no\"\"\",b\r\n\"two\nlines\",c\r\n");

        assertThat(TextFiles.csv(path).classification())
                .containsExactly(example("one, two", "a"), example("she said \"no\"", "b"), example("two\nlines", "c"));
    }

    @Test
    void aQuoteInsideAnUnquotedCsvCellIsText() throws IOException {
        Path path = file("a.csv", "text,label\na 5\" disk,a\n");

        assertThat(TextFiles.csv(path).classification()).containsExactly(example("a 5\" disk", "a"));
    }

    @Test
    void quotingAndDelimiterCanBeChosen() throws IOException {
        Path semicolons = file("a.csv", "text;label\na, b;x\n");
        Path quoted = file("a.tsv", "text\tlabel\n\"a\tb\"\tx\n");

        assertThat(TextFiles.csv(semicolons).delimiter(';').classification()).containsExactly(example("a, b", "x"));
        assertThat(TextFiles.tsv(quoted).quoting(true).classification()).containsExactly(example("a\tb", "x"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void everyKindOfLineEndIsUnderstood(String end) throws IOException {
        Path path = file("a.tsv", String.join(end, "text\tlabel", "a\t1", "", "b\t2"));

        assertThat(TextFiles.tsv(path).classification()).containsExactly(example("a", "1"), example("b", "2"));
        assertThat(TextFiles.csv(path).delimiter('\t').classification())
                .containsExactly(example("a", "1"), example("b", "2"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-8", "UTF-16LE", "UTF-16BE"})
    void aByteOrderMarkIsObeyed(String charset) throws IOException {
        Path path = file("a.tsv", "\uFEFFtext\tlabel\nbrûlée 😀\tà\n", Charset.forName(charset));

        assertThat(TextFiles.tsv(path).text("text").classification()).containsExactly(example("brûlée 😀", "à"));
    }

    @Test
    void anotherEncodingCanBeNamed() throws IOException {
        Path path = file("a.tsv", "text\tlabel\nbrûlée\t1\n", StandardCharsets.ISO_8859_1);

        assertThat(TextFiles.tsv(path).charset(StandardCharsets.ISO_8859_1).classification())
                .containsExactly(example("brûlée", "1"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.tsv.gz", "a.tsv"})
    void gzipIsUnpackedWhateverTheName(String name) throws IOException {
        Path path = folder.resolve(name);
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(path))) {
            out.write("text\tlabel\na\t1\n".getBytes(StandardCharsets.UTF_8));
        }

        assertThat(TextFiles.of(path).classification()).containsExactly(example("a", "1"));
    }

    @Test
    void theFormatIsToldByTheName() throws IOException {
        assertThat(TextFiles.of(file("a.tsv", "text\tlabel\na\t1\n")).classification())
                .hasSize(1);
        assertThat(TextFiles.of(file("a.CSV", "text,label\na,1\n")).classification())
                .hasSize(1);
        assertThat(TextFiles.of(file("a.jsonl", "{\"text\":\"a\",\"label\":1}\n"))
                        .classification())
                .hasSize(1);
        assertThatThrownBy(() -> TextFiles.of(Path.of("a.doc")))
                .hasMessageContainingAll("a.doc", ".tsv, .csv or .jsonl", "TextFiles.tsv(path)");
    }

    @Test
    void pairsAreReadFromTwoColumns() throws IOException {
        Path path = file("a.tsv", "premise\thypothesis\tlabel\np\th\tyes\n");

        assertThat(TextFiles.tsv(path).text("premise").pair("hypothesis").classification())
                .containsExactly(new Example<>(Text.pair("p", "h"), Label.of("yes")));
        assertThat(TextFiles.tsv(path).text(0).pair(1).unlabelled())
                .containsExactly(new Example<>(Text.pair("p", "h"), Label.none()));
    }

    @Test
    void severalLabelsComeFromOneColumn() throws IOException {
        Path path = file("a.csv", "text,labels\na,\"x, y\"\nb,\nc,y\n");

        assertThat(TextFiles.csv(path).multiLabel(",").stream().map(Example::label))
                .containsExactly(
                        new Label.Categories(Set.of("x", "y")),
                        new Label.Categories(Set.of()),
                        new Label.Categories(Set.of("y")));
    }

    @Test
    void severalLabelsComeFromColumnsOfZeroAndOne() throws IOException {
        Path path = file("a.csv", "text,toxic,rude\na,1,0\nb,0,0\nc,true,1.0\n");
        Path wrong = file("b.csv", "text,toxic,rude\na,1,2\n");

        assertThat(TextFiles.csv(path).multiLabelColumns(List.of("toxic", "rude")).stream()
                        .map(Example::label))
                .containsExactly(
                        new Label.Categories(Set.of("toxic")),
                        new Label.Categories(Set.of()),
                        new Label.Categories(Set.of("toxic", "rude")));
        assertThatThrownBy(() -> TextFiles.csv(wrong).multiLabelColumns(List.of("toxic", "rude")))
                .hasMessageContainingAll("line 2", "column \"rude\" holds \"2\"", "expected 0 or 1");
    }

    @Test
    void numbersComeFromOneColumnOrSeveral() throws IOException {
        Path path = file("a.csv", "text,score,other\na,3.5,-1e2\n");

        assertThat(TextFiles.csv(path).label("score").regression())
                .containsExactly(new Example<>(Text.of("a"), Label.of(3.5)));
        assertThat(TextFiles.csv(path).label("score", "other").regression())
                .containsExactly(new Example<>(Text.of("a"), new Label.Values(List.of(3.5, -100.0))));
        assertThatThrownBy(() -> TextFiles.csv(path).label(1, 2).classification())
                .hasMessageContainingAll("names 2", "regression()");
    }

    @Test
    void aColumnNamedTwiceMustBeNamedByNumber() throws IOException {
        Path path = file("a.tsv", "text\tlabel\tlabel\na\t1\t2\n");

        assertThatThrownBy(() -> TextFiles.tsv(path).classification()).hasMessageContaining("more than one column");
        assertThat(TextFiles.tsv(path).label(2).classification()).containsExactly(example("a", "2"));
    }

    @Test
    void jsonLinesAreReadByKeyAndNumbersAreNames() throws IOException {
        Path path = file("a.jsonl", """
                {"text": "a\\n\\u00e9", "label": 1}

                {"label": true, "text": "b", "more": [1]}
                {"label": "x", "text": "c"}
                """);

        assertThat(TextFiles.jsonLines(path).classification())
                .containsExactly(example("a\né", "1"), example("b", "true"), example("c", "x"));
    }

    @Test
    void jsonLinesHoldArraysOfLabelsAndNumbers() throws IOException {
        Path path = file("a.jsonl", """
                {"text": "a", "label": ["x", 2], "scores": [1, 2.5], "score": 3, "flag": 1}
                {"text": "b", "label": [], "scores": [0, 0], "score": 0.5, "flag": false}
                """);

        assertThat(TextFiles.jsonLines(path).multiLabel(",").stream().map(Example::label))
                .containsExactly(new Label.Categories(Set.of("x", "2")), new Label.Categories(Set.of()));
        assertThat(TextFiles.jsonLines(path).label("scores").regression().stream()
                        .map(Example::label))
                .containsExactly(new Label.Values(List.of(1.0, 2.5)), new Label.Values(List.of(0.0, 0.0)));
        assertThat(TextFiles.jsonLines(path).label("score").regression().stream()
                        .map(Example::label))
                .containsExactly(Label.of(3), Label.of(0.5));
        assertThat(TextFiles.jsonLines(path).multiLabelColumns(List.of("flag")).stream()
                        .map(Example::label))
                .containsExactly(new Label.Categories(Set.of("flag")), new Label.Categories(Set.of()));
    }

    @Test
    void aReaderIsNotChangedByItsSettings() throws IOException {
        Path path = file("a.tsv", "text\tlabel\na\t1\nb\t2\n");
        TextFiles reader = TextFiles.tsv(path);

        assertThat(reader.limit(1).classification()).hasSize(1);
        assertThat(reader.noHeader().text(0).label(1).classification()).hasSize(3);
        assertThat(reader.classification()).hasSize(2);
    }

    @Test
    void theLimitStopsBeforeALaterBadRow() throws IOException {
        Path path = file("a.tsv", "text\tlabel\na\t1\nbad\n");

        assertThat(TextFiles.tsv(path).limit(1).classification()).hasSize(1);
        assertThatThrownBy(() -> TextFiles.tsv(path).limit(0)).hasMessageContaining("limit(0)");
    }

    @Test
    void aStreamedFileIsReadAnewAtEachPass() throws IOException {
        Path path = file("a.tsv", "text\tlabel\na\t1\nb\nc\t2\n");

        Dataset<Text> data = TextFiles.tsv(path).skipBadRows().streamed().classification();

        assertThat(data.size()).isEmpty();
        assertThat(data).containsExactly(example("a", "1"), example("c", "2"));
        Files.writeString(path, "text\tlabel\nnew\t1\n");
        assertThat(data).containsExactly(example("new", "1"));
        assertThat(data.describe()).endsWith("a.tsv, streamed");
        assertThatThrownBy(data::asList).hasMessageContainingAll("streamed", "stream()");
    }

    @Test
    void aStreamedFileTellsAWrongColumnAtOnce() throws IOException {
        Path path = file("a.tsv", "text\tlabel\na\t1\n");

        assertThatThrownBy(() -> TextFiles.tsv(path).streamed().label("nope").classification())
                .hasMessageContaining("nope");
    }

    @Test
    void aStreamedFileTellsABadRowWhenItComes() throws IOException {
        Path path = file("a.tsv", "text\tlabel\na\t1\nb\n");
        Dataset<Text> data = TextFiles.tsv(path).streamed().classification();

        assertThatThrownBy(() -> data.forEach(example -> {})).hasMessageContaining("line 3");
    }
}
