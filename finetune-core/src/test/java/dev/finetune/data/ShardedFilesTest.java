package dev.finetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each process reads its part of a streamed file: no row is lost, none read twice, and what belongs to others is not looked at. */
class ShardedFilesTest {
    @TempDir
    private Path folder;

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private static List<String> texts(Dataset<Text> data) {
        return data.stream().map(example -> example.input().text()).toList();
    }

    /** What the parts hold, in the order of the whole, so that each row is in its place or missed. */
    private static void partsMakeTheWhole(Dataset<Text> streamed, int count) {
        final List<String> whole = texts(streamed);
        assertThat(whole).hasSizeGreaterThan(2 * count);
        for (int part = 0; part < count; part++) {
            final int own = part;
            assertThat(texts(streamed.shard(part, count)))
                    .as("part " + part + " of " + count)
                    .isEqualTo(IntStream.range(0, whole.size())
                            .filter(i -> i % count == own)
                            .mapToObj(whole::get)
                            .toList());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 7})
    void partsOfEveryKindOfFileMakeTheWhole(int count) throws Exception {
        final StringBuilder tsv = new StringBuilder("text\tlabel\n\n");
        final StringBuilder bare = new StringBuilder();
        final StringBuilder csv = new StringBuilder("text,label\r\n");
        final StringBuilder json = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            final String text = "t\u00E4xt " + i + " " + "x".repeat(7_919 * (i % 5));
            final String end = i % 3 == 0 ? "\r\n" : i % 3 == 1 ? "\n" : "\r";
            tsv.append(text).append('\t').append(i % 2).append(end).append(i % 4 == 0 ? "  \n" : "");
            bare.append(text).append('\t').append(i % 2).append(i == 39 ? "" : end);
            csv.append("\"")
                    .append(text)
                    .append(",\n\"\"two\"\" lines\",")
                    .append(i % 2)
                    .append("\r\n\r\n");
            json.append(i % 4 == 0 ? " \n" : "")
                    .append("{\"text\": \"")
                    .append(text)
                    .append("\", \"label\": \"")
                    .append(i % 2)
                    .append("\"}\n");
        }
        partsMakeTheWhole(
                TextFiles.tsv(file("a.tsv", tsv.toString())).streamed().classification(), count);
        partsMakeTheWhole(
                TextFiles.tsv(file("b.tsv", bare.toString()))
                        .noHeader()
                        .text(0)
                        .label(1)
                        .streamed()
                        .classification(),
                count);
        partsMakeTheWhole(
                TextFiles.csv(file("c.csv", csv.toString())).streamed().classification(), count);
        partsMakeTheWhole(
                TextFiles.jsonLines(file("d.jsonl", json.toString())).streamed().classification(), count);
        partsMakeTheWhole(
                TextFiles.tsv(file("e.tsv", tsv.toString()))
                        .streamed()
                        .limit(31)
                        .classification(),
                count);
        partsMakeTheWhole(
                TextFiles.tsv(file("f.tsv", tsv.toString()))
                        .streamed()
                        .classification()
                        .map(example -> new Example<>(Text.of(example.input().text() + "!"), example.label()))
                        .describedAs("mapped"),
                count);
        partsMakeTheWhole(
                TextFiles.tsv(file("g.tsv", tsv.toString()))
                        .streamed()
                        .classification()
                        .filter(example -> !example.input().text().contains("3")),
                count);
    }

    @Test
    void aPartOfAPartIsWhatItIsInMemory() throws Exception {
        final StringBuilder tsv = new StringBuilder("text\tlabel\n");
        IntStream.range(0, 50).forEach(i -> tsv.append("text ").append(i).append("\ta\n"));
        final Path path = file("a.tsv", tsv.toString());
        assertThat(texts(TextFiles.tsv(path)
                        .streamed()
                        .classification()
                        .shard(1, 3)
                        .shard(2, 4)))
                .isEqualTo(
                        texts(TextFiles.tsv(path).classification().shard(1, 3).shard(2, 4)));
    }

    @Test
    void aRowOfAnotherPartIsNotParsedAndABadOneIsToldByWhoHasIt() throws Exception {
        final Path path = file("a.tsv", "text\tlabel\none\ta\ntwo\tb\tc\tbad\nthree\ta\nfour\tb\n");
        final Dataset<Text> data = TextFiles.tsv(path).streamed().classification();
        assertThat(texts(data.shard(0, 2))).containsExactly("one", "three");
        assertThatThrownBy(() -> texts(data.shard(1, 2)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("a.tsv, line 3: 4 columns, expected 2");
    }

    @Test
    void goodRowsAreReadOnceWhereBadOnesAreLeftOutAndCountedToTheLimit() throws Exception {
        final StringBuilder tsv = new StringBuilder("text\tlabel\n");
        for (int i = 0; i < 60; i++) {
            tsv.append("text ").append(i).append(i % 7 == 0 ? "\n" : "\ta\n");
        }
        final TextFiles files =
                TextFiles.tsv(file("a.tsv", tsv.toString())).skipBadRows().streamed();
        for (Dataset<Text> data :
                List.of(files.classification(), files.limit(20).classification())) {
            final List<String> all = new ArrayList<>();
            for (int part = 0; part < 4; part++) {
                all.addAll(texts(data.shard(part, 4)));
            }
            assertThat(all).containsExactlyInAnyOrderElementsOf(texts(data));
        }
    }
}
