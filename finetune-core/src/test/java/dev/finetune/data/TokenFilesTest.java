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

    @Test
    void commentsBeforeASentenceAreNoWords() throws IOException {
        Path blanks = file(
                "\ufeff# id 17 domain=train\r\nanna _ _ B-PER\nlives _ _ O\n\n# newpar\n# id 18 domain=train\nthe _ _"
                        + " O\n");
        assertThat(TokenFiles.conll(blanks).tokenClassification())
                .containsExactly(example(List.of("anna", "lives"), "B-PER", "O"), example(List.of("the"), "O"));

        Path tabs = file("# id 1\nanna\tB-PER\n\n# text = a b\tc\nthe\tO\n");
        assertThat(TokenFiles.conll(tabs).tokenClassification())
                .containsExactly(example(List.of("anna"), "B-PER"), example(List.of("the"), "O"));
        assertThat(TokenFiles.conll(tabs).unlabelled()).hasSize(2);

        Path documents = file("#begin document (bc/00); part 000\na x O\n\n#end document\n");
        assertThat(TokenFiles.conll(documents).tokenClassification()).containsExactly(example(List.of("a"), "O"));
    }

    @Test
    void hashSignsAndHashtagsWithATagStayWords() throws IOException {
        assertThat(TokenFiles.conll(file("#\tO\nwin\tO\n\n#win\tB-X\n#\tI-X\n")).tokenClassification())
                .containsExactly(example(List.of("#", "win"), "O", "O"), example(List.of("#win", "#"), "B-X", "I-X"));
        assertThat(TokenFiles.conll(file("# O\n#win O\n\n#win NN\n# SYM\n\n# SYM\n"))
                        .tokenClassification())
                .containsExactly(
                        example(List.of("#", "#win"), "O", "O"),
                        example(List.of("#win", "#"), "NN", "SYM"),
                        example(List.of("#"), "SYM"));
        assertThat(TokenFiles.conll(file("# # B-NP\n1.3 CD I-NP\n")).tag(1).tokenClassification())
                .containsExactly(example(List.of("#", "1.3"), "#", "CD"));
        assertThat(TokenFiles.conll(file("#\n#a\nb\n")).unlabelled().stream().map(Example::input))
                .containsExactly(Words.of("#", "#a", "b"));
    }

    @Test
    void whatCommentsStartWithCanBeSaid() throws IOException {
        Path path = file("% one\n# O\n% X\n\n");
        assertThat(TokenFiles.conll(path).comments("%").tokenClassification())
                .containsExactly(example(List.of("#", "%"), "O", "X"));
        assertThat(TokenFiles.conll(file("# id\na O\n")).comments("").tokenClassification())
                .containsExactly(example(List.of("#", "a"), "id", "O"));
        assertThat(TokenFiles.conll(file("# O\na O\n")).comments("#").tokenClassification())
                .containsExactly(example(List.of("a"), "O"));
        assertThatThrownBy(() -> TokenFiles.jsonLines(path).comments("#"))
                .hasMessageContainingAll("comments(prefix) is for CoNLL files", "read as JSON Lines");
    }

    private static final String UNIVERSAL = """
            # sent_id = 1
            # text = Vámonos al mar
            1-2\tVámonos\t_\t_\t_\t_\t_\t_\t_\t_
            1\tVamos\tir\tVERB\tV\t_\t0\troot\t_\t_
            2\tnos\tnosotros\tPRON\tP\tCase=Acc\t1\tobj\t_\t_
            3-4\tal\t_\t_\t_\t_\t_\t_\t_\t_
            3\ta\ta\tADP\tS\t_\t5\tcase\t_\t_
            4\tel\tel\tDET\tD\t_\t5\tdet\t_\t_
            5\tmar\tmar\tNOUN\tN\t_\t1\tobl\t_\tSpaceAfter=No
            5.1\tva\tir\tVERB\tV\t_\t_\t_\t0:root\t_

            # sent_id = 2
            1\t#\t#\tSYM\tF\t_\t0\troot\t_\t_
            2\t_\t_\tPUNCT\tF\t_\t1\tpunct\t_\t_
            """;

    @Test
    void universalDependenciesAreReadByTheNamesOfTheirColumns() throws IOException {
        Path path = file(UNIVERSAL);
        assertThat(TokenFiles.conllu(path).tokenClassification())
                .containsExactly(
                        example(List.of("Vamos", "nos", "a", "el", "mar"), "VERB", "PRON", "ADP", "DET", "NOUN"),
                        example(List.of("#", "_"), "SYM", "PUNCT"));
        assertThat(TokenFiles.conllu(path).token("LEMMA").tag("deprel").limit(1).tokenClassification())
                .containsExactly(
                        example(List.of("ir", "nosotros", "a", "el", "mar"), "root", "obj", "case", "det", "obl"));
        assertThatThrownBy(() -> TokenFiles.conllu(path).tag("pos"))
                .hasMessageContainingAll("no column \"pos\"", "upos, xpos");
        assertThatThrownBy(() -> TokenFiles.conllu(path).tag(3)).hasMessageContaining("read as CoNLL-U");
    }

    @Test
    void universalDependenciesWithoutATagOrWithOtherColumnsAreBadRows() throws IOException {
        assertThatThrownBy(() -> TokenFiles.conllu(file("1\ta\ta\t_\t_\t_\t0\troot\t_\t_\n"))
                        .tokenClassification())
                .hasMessageContaining("line 1: the word has no tag (upos)");
        assertThatThrownBy(() -> TokenFiles.conllu(file("a DET\n")).tokenClassification())
                .hasMessageContainingAll("line 1: 1 column", "CoNLL-U has 10", "TokenFiles.conll(path)");
    }
}
