package dev.finetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SquadFilesTest {
    @TempDir
    Path folder;

    private Path file(String content) throws IOException {
        return Files.writeString(folder.resolve("squad.json"), content);
    }

    private Path squad(String... questions) throws IOException {
        return file("""
                {"version": "1.1", "data": [{"title": "t", "paragraphs": [
                  {"context": "😀😀 Anna lives in Oslo.", "qas": [%s]}
                ]}]}
                """.formatted(String.join(",", questions)));
    }

    private static String question(String id, String answer, int start) {
        return """
                {"id": "%s", "question": "Where?", "answers": [{"text": "%s", "answer_start": %d}]}
                """.formatted(id, answer, start);
    }

    @Test
    void offsetsInCodePointsBecomeOffsetsInUtf16() throws IOException {
        Dataset<Question> data =
                SquadFiles.json(squad(question("q1", "Oslo", 17))).questionAnswering();

        assertThat(data)
                .containsExactly(new Example<>(
                        new Question("Where?", "😀😀 Anna lives in Oslo."),
                        new Label.Answers(List.of(new Label.Answer("Oslo", 19)))));
    }

    @Test
    void anAnswerThatDoesNotStandThereIsNamed() throws IOException {
        Path path = squad(question("q1", "Oslo", 17), question("q2", "Oslo", 16), question("q3", "Anna", 3));

        assertThatThrownBy(() -> SquadFiles.json(path).questionAnswering())
                .hasMessageContainingAll(
                        path.toString(),
                        "data[0].paragraphs[0].qas[1] (id q2)",
                        "answer_start 16",
                        "\" Osl\"",
                        "\"Oslo\"",
                        "skipBadRows()");
        assertThat(SquadFiles.json(path).skipBadRows().questionAnswering()).hasSize(2);
    }

    @Test
    void offsetsOutsideTheContextAreBadRows() throws IOException {
        assertThatThrownBy(
                        () -> SquadFiles.json(squad(question("q1", "Oslo", 99))).questionAnswering())
                .hasMessageContaining("answer_start is 99, but the context has 22 code points");
        assertThatThrownBy(
                        () -> SquadFiles.json(squad(question("q1", "Oslo", -1))).questionAnswering())
                .hasMessageContaining("answer_start is -1");
    }

    @Test
    void aQuestionWithoutAnswersIsABadRowUnlessAnswersAreNotWanted() throws IOException {
        Path path = squad("{\"id\": \"q1\", \"question\": \"Who?\", \"answers\": [], \"is_impossible\": true}");

        assertThatThrownBy(() -> SquadFiles.json(path).questionAnswering()).hasMessageContaining("has no answer");
        assertThat(SquadFiles.json(path).unlabelled()).hasSize(1);
    }

    @Test
    void otherLayoutsAndBrokenJsonAreNamed() throws IOException {
        assertThatThrownBy(() -> SquadFiles.json(file("{\"rows\": []}")).questionAnswering())
                .hasMessageContainingAll("squad.json", "no \"data\"");
        assertThatThrownBy(() -> SquadFiles.json(file("[1]")).questionAnswering())
                .hasMessageContaining("no \"data\"");
        assertThatThrownBy(
                        () -> SquadFiles.json(file("{\"data\": [{\"x\": 1}]}")).questionAnswering())
                .hasMessageContaining("data[0]: there is no array \"paragraphs\"");
        assertThatThrownBy(() ->
                        SquadFiles.json(file("{\"data\": [{\"paragraphs\": [")).questionAnswering())
                .hasMessageContaining("not the JSON of SQuAD");
        assertThatThrownBy(() -> SquadFiles.json(file("{\"data\": 3}")).questionAnswering())
                .hasMessageContaining("not the JSON of SQuAD");
        assertThatThrownBy(() -> SquadFiles.json(file("")).questionAnswering()).hasMessageContaining("squad.json");
    }

    @Test
    void malformedBytesAreAnError() throws IOException {
        Path path = folder.resolve("latin.json");
        Files.write(path, "{\"data\": [{\"paragraphs\": [\"é\"]}]}".getBytes(StandardCharsets.ISO_8859_1));

        assertThatThrownBy(() -> SquadFiles.json(path).questionAnswering()).hasMessageContaining("Save it as UTF-8");
    }

    @Test
    void aStreamedFileIsReadAnew() throws IOException {
        Dataset<Question> data = SquadFiles.json(squad(question("q1", "Oslo", 17), question("q2", "Anna", 3)))
                .streamed()
                .questionAnswering();

        assertThat(data).hasSize(2);
        assertThat(data.limit(1)).hasSize(1);
    }
}
