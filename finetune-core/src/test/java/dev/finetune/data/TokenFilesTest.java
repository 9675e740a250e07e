package dev.finetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenFilesTest {
    @TempDir
    Path folder;

    private Path file(String content) throws IOException {
        return Files.writeString(folder.resolve("a.txt"), content);
    }

    private static Example<Words> example(List<String> words, String... tags) {
        return new Example<>(new Words(words), new Label.Tags(List.of(tags)));
    }

    @Test
    void blankLinesEndSentences() throws IOException {
        Path path = file("\nAnna\tB-PER\nsings\tO\n\t\n\n \nOslo\tB-LOC");

        assertThat(TokenFiles.conll(path).tokenClassification())
                .containsExactly(example(List.of("Anna", "sings"), "B-PER", "O"), example(List.of("Oslo"), "B-LOC"));
    }

    @Test
    void blanksPartColumnsAndTheTagIsTheLastUnlessChosen() throws IOException {
        Path path = file("-DOCSTART- -X- -X- O\n\nEU NNP I-NP B-ORG\nrejects VBZ I-VP O\n-DOCSTART- -X- -X- O\nBerlin"
                + " NNP I-NP B-LOC\r\n");

        assertThat(TokenFiles.conll(path).tokenClassification())
                .containsExactly(example(List.of("EU", "rejects"), "B-ORG", "O"), example(List.of("Berlin"), "B-LOC"));
        assertThat(TokenFiles.conll(path).tag(1).limit(1).tokenClassification())
                .containsExactly(example(List.of("EU", "rejects"), "NNP", "VBZ"));
        assertThat(TokenFiles.conll(path).token(1).tag(2).tokenClassification().asList())
                .endsWith(example(List.of("NNP"), "I-NP"));
    }

    @Test
    void aWordWithoutATagSpoilsItsSentence() throws IOException {
        Path path = file("a O\nb\nc O\n\nd O\n");

        assertThatThrownBy(() -> TokenFiles.conll(path).tokenClassification())
                .hasMessageContainingAll(path.toString(), "line 2: 1 column, expected 2", "skipBadRows()");
        assertThat(TokenFiles.conll(path).skipBadRows().tokenClassification())
                .containsExactly(example(List.of("d"), "O"));
        assertThat(TokenFiles.conll(path).skipBadRows().tokenClassification().describe())
                .endsWith("1 row, 1 skipped");
    }

    @Test
    void plainWordsNeedNoTags() throws IOException {
        Path path = file("a\nb\n\nc\n");

        assertThat(TokenFiles.conll(path).unlabelled().stream().map(Example::input))
                .containsExactly(Words.of("a", "b"), Words.of("c"));
        assertThatThrownBy(() -> TokenFiles.conll(path).tokenClassification())
                .hasMessageContaining("line 1: 1 column, expected at least 2");
    }

    @Test
    void aStreamedFileIsReadAnew() throws IOException {
        Dataset<Words> data = TokenFiles.conll(file("a O\n\nb O\n")).streamed().tokenClassification();

        assertThat(data).hasSize(2);
        assertThat(data).hasSize(2);
    }

    @Test
    void jsonLinesHoldTwoArrays() throws IOException {
        Path path = file("""
                {"id": 1, "tokens": ["Anna", "sings"], "ner_tags": ["B-PER", "O"]}
                {"tokens": ["Oslo"], "tags": ["B-LOC"]}
                """);

        assertThat(TokenFiles.jsonLines(path).tokenClassification())
                .containsExactly(example(List.of("Anna", "sings"), "B-PER", "O"), example(List.of("Oslo"), "B-LOC"));
    }

    @Test
    void unequalArraysAndNumberedTagsAreBadRows() throws IOException {
        Path unequal = file("{\"tokens\": [\"a\", \"b\"], \"tags\": [\"O\"]}\n");
        assertThatThrownBy(() -> TokenFiles.jsonLines(unequal).tokenClassification())
                .hasMessageContaining("line 1: 2 words in \"tokens\" and 1 tags in \"tags\"");

        Path numbered = file("{\"tokens\": [\"a\"], \"ner_tags\": [0]}\n");
        assertThatThrownBy(() -> TokenFiles.jsonLines(numbered).tokenClassification())
                .hasMessageContaining("\"ner_tags\" holds a number (0) in its array, expected strings");
    }

    @Test
    void settingsOfTheOtherFormatAreRefused() {
        assertThatThrownBy(() -> TokenFiles.jsonLines(Path.of("a")).tag(1)).hasMessageContaining("tags(key)");
        assertThatThrownBy(() -> TokenFiles.conll(Path.of("a")).tags("x")).hasMessageContaining("tag(column)");
    }
}
