package dev.finetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextFilesErrorsTest {
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
    void bytesThatAreNotInTheEncodingAreNamedByLine() throws IOException {
        Path path = file("a.tsv", "text\tlabel\nplain\t1\nbrûlée\t1\nplain too\t0\n", StandardCharsets.ISO_8859_1);

        assertThatThrownBy(() -> TextFiles.tsv(path).classification())
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(path.toString(), "line 3", "not UTF-8 (0xFB)", "charset(");
        assertThat(TextFiles.tsv(path).skipBadRows().classification())
                .containsExactly(example("plain", "1"), example("plain too", "0"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "a.csv~text;label~ looks separated by ';': say delimiter(';')",
                "a.csv~\"text\";\"label\"~ looks separated by ';': say delimiter(';')",
                "a.csv~id|text|label~ looks separated by '|': say delimiter('|')",
                "a.csv~text@label~ looks separated by tabs: say delimiter('\\t')",
                "a.tsv~text,label~ looks separated by ',': say delimiter(',')",
                "a.tsv~text; label~ looks separated by ';': say delimiter(';')"
            })
    void anotherDelimiterIsGuessedFromTheFirstLine(String name, String header, String hint) throws IOException {
        Path path = file(name, (header + "\ngood;well|1\n").replace('@', '\t'));
        TextFiles files = TextFiles.of(path);

        assertThatThrownBy(files::classification).hasMessageEndingWith(hint + ".");
        assertThatThrownBy(files::unlabelled).hasMessageEndingWith(hint + ".");
    }

    @Test
    void columnsThatWereNamedTellTheDelimiterToo() throws IOException {
        assertThatThrownBy(TextFiles.csv(file("a.csv", "review;stars\nfine;4\n"))
                        .text("review")
                        .label("stars")::regression)
                .hasMessageContaining("no column \"review\"")
                .hasMessageEndingWith("say delimiter(';').");
        assertThatThrownBy(TextFiles.csv(file("c.csv", "text;label\nfine, thanks;4\n"))::classification)
                .hasMessageContaining(
                        "line 2: 2 columns, expected 1 (text;label). Its first line looks separated by ';'")
                .hasMessageContaining(": say delimiter(';'). Mend it");
        assertThatThrownBy(TextFiles.csv(file("b.csv", "fine;4\nbad;1\n"))
                        .noHeader()
                        .text(0)
                        .label(1)::classification)
                .hasMessageContaining("has no column 1")
                .hasMessageEndingWith("say delimiter(';').");
    }

    @Test
    void withoutAnotherDelimiterNoneIsGuessed() throws IOException {
        assertThatThrownBy(TextFiles.csv(file("a.csv", "review,stars\nfine,4\n"))::classification)
                .hasMessageContainingAll("no column named label or labels", "label(\"category\")")
                .hasMessageNotContaining("delimiter");
        assertThat(TextFiles.csv(file("b.csv", "a; review\nfine; 4\n")).unlabelled())
                .extracting(example -> example.input().text())
                .containsExactly("fine; 4");
    }

    @Test
    void quotesThatAreNeverClosedOnEveryLineDoNotTakeTheSquareOfTheFile() throws IOException {
        Path path = Files.writeString(folder.resolve("a.csv"), "text,label\n" + "\"a\"b,1\n".repeat(20_000));

        assertThatThrownBy(() -> TextFiles.csv(path).skipBadRows().classification())
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(path.toString());
        Path open = Files.writeString(folder.resolve("b.csv"), "text,label\n" + "\"a\n\"\"".repeat(20_000));
        assertThatThrownBy(() -> TextFiles.csv(open).skipBadRows().classification())
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(open.toString());
    }

    @Test
    void malformedBytesAreNamedByLineWhereverTheBufferEnds() throws IOException {
        for (int before = 65_520; before < 65_550; before++) {
            byte[] start = ("text\tlabel\n" + "x".repeat(before) + "\t1\r\n").getBytes(StandardCharsets.UTF_8);
            try (OutputStream out = Files.newOutputStream(folder.resolve("a.tsv"))) {
                out.write(start);
                out.write(new byte[] {(byte) 0xC3, '(', '\t', '0', '\n'});
                out.write("ok 😀\t1".getBytes(StandardCharsets.UTF_8));
            }
            Path path = folder.resolve("a.tsv");

            assertThatThrownBy(() -> TextFiles.tsv(path).classification()).hasMessageContaining("line 3");
            assertThat(TextFiles.tsv(path).skipBadRows().classification().asList())
                    .hasSize(2)
                    .endsWith(example("ok 😀", "1"));
        }
    }

    @Test
    void aFileCutOffInsideACharacterIsABadRow() throws IOException {
        Path path = folder.resolve("a.tsv");
        Files.write(path, new byte[] {'t', 'e', 'x', 't', '\n', 'a', '\n', 'b', (byte) 0xF0, (byte) 0x9F});

        assertThatThrownBy(() -> TextFiles.tsv(path).unlabelled()).hasMessageContaining("line 3");
    }

    @Test
    void aCutOffGzipFileIsNamed() throws IOException {
        Path path = folder.resolve("a.tsv.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(path))) {
            out.write("text\tlabel\na\t1\n".getBytes(StandardCharsets.UTF_8));
        }
        byte[] all = Files.readAllBytes(path);
        Files.write(path, Arrays.copyOf(all, all.length - 12));

        assertThatThrownBy(() -> TextFiles.of(path).classification())
                .hasMessageContainingAll(path.toString(), "cut-off gzip");
    }

    @ParameterizedTest
    @ValueSource(strings = {"good", "NaN", "Infinity", "1e999", "1,5", "0x10p1", "3d", ""})
    void whatIsNoFiniteNumberIsABadRow(String value) throws IOException {
        Path path = file("a.tsv", "text\tlabel\na\t1\nb\t" + value + "\n");

        assertThatThrownBy(() -> TextFiles.tsv(path).regression()).hasMessageContainingAll("line 3", "label");
    }

    @Test
    void aBrokenRowIsNamedByFileAndLine() throws IOException {
        Path path = file("train.tsv", "sentence\tlabel\ngood\t1\none\ttwo\t3\n");

        assertThatThrownBy(() -> TextFiles.tsv(path).classification())
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(
                        path.toString(), "line 3", "3 columns, expected 2 (sentence, label)", "skipBadRows()");
    }

    @Test
    void badRowsCanBeSkippedAndAreCounted() throws IOException {
        Path path = file("train.csv", "text,label\na,1\nb\nc,3,4\n,5\nd,\n\"e\nf\",6\ng,7\n");

        Dataset<Text> data = TextFiles.csv(path).skipBadRows().classification();

        assertThat(data).containsExactly(example("a", "1"), example("e\nf", "6"), example("g", "7"));
        assertThat(data.describe()).endsWith("train.csv, 3 rows, 4 skipped");
    }

    @Test
    void aQuoteThatIsNeverClosedSpoilsOnlyItsOwnLine() throws IOException {
        Path path = file("a.csv", "text,label\na,1\n\"never closed,2\nb,3\n\nc,4");

        assertThatThrownBy(() -> TextFiles.csv(path).classification())
                .hasMessageContainingAll("line 3", "never closed", "quoting(false)");
        assertThat(TextFiles.csv(path).skipBadRows().classification())
                .containsExactly(example("a", "1"), example("b", "3"), example("c", "4"));
    }

    @Test
    void textBehindAClosingQuoteSpoilsOnlyItsOwnLine() throws IOException {
        Path path = file("a.csv", "text,label\n\"a\"x,1\n\"b\",2\n\"c,3\n\"d\",4\n");

        assertThatThrownBy(() -> TextFiles.csv(path).classification())
                .hasMessageContainingAll("line 2", "broken quoting");
        assertThat(TextFiles.csv(path).skipBadRows().classification())
                .containsExactly(example("b", "2"), example("d", "4"));
    }

    @Test
    void linesAreCountedThroughQuotedLineBreaksAndBlankLines() throws IOException {
        Path path = file("a.csv", "text,label\n\"a\nb\nc\",1\n\n\nd\n");

        assertThatThrownBy(() -> TextFiles.csv(path).classification()).hasMessageContaining("line 7: 1 column,");
    }

    @Test
    void aFileWithoutAnyUsableRowIsAnError() throws IOException {
        Path path = file("a.tsv", "text\tlabel\na\nb\n");

        assertThatThrownBy(() -> TextFiles.tsv(path).skipBadRows().classification())
                .hasMessageContainingAll(path.toString(), "no usable row", "all 2", "line 2");
    }

    @Test
    void emptyFilesAndBareHeadersAreErrors() throws IOException {
        Path empty = file("empty.tsv", "");
        Path header = file("header.tsv", "text\tlabel\n");

        assertThatThrownBy(() -> TextFiles.tsv(empty).classification())
                .hasMessageContainingAll(empty.toString(), "is empty");
        assertThatThrownBy(() -> TextFiles.tsv(empty).noHeader().unlabelled()).hasMessageContaining("is empty");
        assertThatThrownBy(() -> TextFiles.jsonLines(empty).classification()).hasMessageContaining("is empty");
        assertThatThrownBy(() -> TextFiles.tsv(header).classification())
                .hasMessageContainingAll(header.toString(), "no rows below it", "noHeader()");
        assertThatThrownBy(() -> TextFiles.tsv(header).streamed().classification())
                .hasMessageContaining("no rows below it");
    }

    @Test
    void aMissingFileOrColumnIsNamed() throws IOException {
        Path path = file("a.tsv", "sentence\tcategory\na\t1\n");

        assertThatThrownBy(() -> TextFiles.tsv(folder.resolve("none.tsv")).classification())
                .hasMessageContaining("There is no file " + folder.resolve("none.tsv"));
        assertThatThrownBy(() -> TextFiles.tsv(folder).classification()).hasMessageContaining("is a directory");
        assertThatThrownBy(() -> TextFiles.tsv(path).classification())
                .hasMessageContainingAll("label or labels", "sentence, category", "label(\"category\")");
        assertThatThrownBy(() -> TextFiles.tsv(path).text("txt").unlabelled())
                .hasMessageContainingAll("\"txt\"", "sentence, category");
        assertThatThrownBy(() -> TextFiles.tsv(path).text(2).unlabelled())
                .hasMessageContainingAll("no column 2", "only 2: sentence, category");
        assertThatThrownBy(() -> TextFiles.tsv(path).noHeader().text("a").unlabelled())
                .hasMessageContainingAll("0 to 1", "by number");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"text\": \"b\", \"label\": }",
                "{\"text\": \"b\", \"label\": 1",
                "{'text': 'b', 'label': 1}",
                "{\"text\": \"b\", \"label\": 1} {}",
                "[\"b\", 1]",
                "{\"text\": 7, \"label\": 1}",
                "{\"text\": \"b\"}",
                "{\"text\": \"b\", \"label\": null}",
                "{\"text\": \"b\", \"label\": {}}",
                "{\"text\": \"\", \"label\": 1}",
                "nonsense"
            })
    void badJsonIsNamedByLineOrSkipped(String row) throws IOException {
        Path path = file("a.jsonl", "{\"text\": \"a\", \"label\": 1}\n" + row + "\n{\"text\": \"c\", \"label\": 2}\n");

        assertThatThrownBy(() -> TextFiles.jsonLines(path).classification())
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(path.toString(), "line 2: ", "skipBadRows()");
        assertThat(TextFiles.jsonLines(path).skipBadRows().classification())
                .containsExactly(example("a", "1"), example("c", "2"));
    }

    @Test
    void aStringIsNoNumberInJson() throws IOException {
        Path path = file("a.jsonl", "{\"text\": \"a\", \"label\": \"3\"}\n");

        assertThatThrownBy(() -> TextFiles.jsonLines(path).regression())
                .hasMessageContaining("line 1: \"label\" holds a string (\"3\"), expected a number");
    }

    @Test
    void settingsOfTablesAreRefusedForJson() {
        assertThatThrownBy(() -> TextFiles.jsonLines(Path.of("a.jsonl")).noHeader())
                .hasMessageContainingAll("noHeader()", "JSON Lines");
    }
}
