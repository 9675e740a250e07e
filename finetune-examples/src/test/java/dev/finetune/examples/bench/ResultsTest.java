package dev.finetune.examples.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import dev.finetune.examples.CommandLineRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsTest {
    @TempDir
    private Path folder;

    private static ResultsRecord.Run run(String side, long seed, double score, double seconds, double megabytes) {
        return new ResultsRecord.Run("cola", side, seed, 100, 0, 3, score, seconds, megabytes);
    }

    private static ResultsRow row(String name) {
        return ResultsRow.all().stream()
                .filter(row -> row.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void ourScoresOfAnswersAreInPercentAndNoOthers() {
        for (ResultsRow row : ResultsRow.all()) {
            final double ours = row.name().equals("xquad") ? 0.25 : 25;
            assertThat(row.share(25, ResultsRecord.OURS)).isEqualTo(ours);
            assertThat(row.share(25, ResultsRecord.SHUFFLED)).isEqualTo(ours);
            assertThat(row.share(25, ResultsRecord.PEER)).isEqualTo(25);
        }
    }

    @Test
    void runsOfARecordAreTabulatedAndNotMadeAgain() throws IOException {
        final Path file = folder.resolve("results.jsonl");
        final ResultsRecord record = new ResultsRecord(file);
        record.add(run(ResultsRecord.OURS, 1, 0.5, 10, 600));
        record.add(run(ResultsRecord.OURS, 2, 0.6, 12, 600));
        record.add(run(ResultsRecord.PEER, 1, 0.52, 33, 1200));
        final ResultsRecord again = new ResultsRecord(file);
        assertThat(again.has(run(ResultsRecord.OURS, 2, 0, 0, 0))).isTrue();
        assertThat(again.has(run(ResultsRecord.PEER, 2, 0, 0, 0))).isFalse();
        assertThat(again.table().get(2))
                .isEqualTo("| cola | 100 / all, 3.0 | 55.0 ± 7.1 |  | 52.0 | 2 and 1 | 3.00 | 0.50 |");

        final CommandLineRun command = CommandLineRun.of(
                        "bench",
                        "results",
                        "--data",
                        folder.toString(),
                        "--record",
                        file.toString(),
                        "--only",
                        "cola",
                        "--rows",
                        "100",
                        "--seeds",
                        "1,2")
                .well();
        assertThat(command.lines()).isEqualTo(again.table());
        assertThat(Files.readAllLines(file)).hasSize(3);
    }

    @Test
    void aLineThatIsNoRunIsNamed() throws IOException {
        final Path file = Files.writeString(folder.resolve("results.jsonl"), "{\"row\":\"cola\"}\nnot json\n");
        assertThatThrownBy(() -> new ResultsRecord(file))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("line 2 is no run");
    }

    @Test
    void bothSidesReadTheSameRowsWhichAreDrawnOnceAndFewOnesBySeed() throws IOException {
        final Path sst2 = Files.createDirectories(folder.resolve("data/sst2"));
        final StringBuilder lines = new StringBuilder("sentence\tlabel\n");
        for (int i = 0; i < 40; i++) {
            lines.append("text ").append(i).append('\t').append(i % 2).append('\n');
        }
        Files.writeString(sst2.resolve("train.tsv"), lines);
        Files.writeString(sst2.resolve("dev.tsv"), lines);
        final ResultsData data = new ResultsData(folder.resolve("data"), folder);

        final List<String> train = Files.readAllLines(data.train(row("sst2"), 10, 1));
        assertThat(train).hasSize(11).startsWith("text\tlabel");
        assertThat(Files.readAllLines(data.train(row("sst2"), 10, 2))).isEqualTo(train);
        assertThat(Files.readAllLines(data.evaluation(row("sst2"), 0))).hasSize(41);

        final List<String> few = Files.readAllLines(data.train(row("sst2 as SetFit 8 a class"), 10, 1));
        assertThat(few).hasSize(17);
        assertThat(few.stream().filter(line -> line.endsWith("\t1"))).hasSize(8);
        assertThat(Files.readAllLines(data.train(row("sst2 as SetFit 8 a class"), 10, 2)))
                .isNotEqualTo(few);
    }

    @Test
    void sentencesOfWordsStayWhole() throws IOException {
        final Path wnut = Files.createDirectories(folder.resolve("data/wnut17"));
        Files.writeString(wnut.resolve("wnut17train.conll"), "a\tO\nb\tB-x\n\t\nc\tO\n\nd\tO\ne\tO\n\n\n");
        final ResultsData data = new ResultsData(folder.resolve("data"), folder);
        final String all = Files.readString(data.train(row("wnut17"), 0, 1));
        assertThat(all.split("\n\n")).hasSize(3);
        assertThat(all).contains("a\tO\nb\tB-x");
        assertThat(Files.readString(data.train(row("wnut17"), 1, 1)).split("\n\n"))
                .hasSize(1);
        assertThatThrownBy(() -> data.evaluation(row("wnut17"), 0))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("there is no file wnut17/emerging.dev.conll");
    }

    @Test
    void questionsAreLearnedFromOneHalfOfTheArticlesAndAskedOfTheOther() throws IOException {
        final Path xquad = Files.createDirectories(folder.resolve("data/xquad"));
        final String article = "{\"paragraphs\":[{\"context\":\"c\",\"qas\":[{\"id\":\"%1$s1\"},{\"id\":\"%1$s2\"}]}]}";
        Files.writeString(
                xquad.resolve("xquad.en.json"),
                "{\"data\":[" + article.formatted("a") + "," + article.formatted("b") + "]}");
        final ResultsData data = new ResultsData(folder.resolve("data"), folder);
        assertThat(Files.readString(data.train(row("xquad"), 0, 1)))
                .contains("a1", "a2")
                .doesNotContain("b1");
        assertThat(Files.readString(data.evaluation(row("xquad"), 0)))
                .contains("b1", "b2")
                .doesNotContain("a1");
        assertThat(Files.readString(data.train(row("xquad"), 1, 1)))
                .contains("a1")
                .doesNotContain("a2");
    }

    @Test
    void everyRowCanBeNamedInAListWithCommas() {
        assertThat(ResultsRow.all())
                .extracting(ResultsRow::name)
                .doesNotHaveDuplicates()
                .allSatisfy(name -> assertThat(name).doesNotContain(","));
    }

    @Test
    void anUnknownRowIsRefusedWithThoseThatThereAre() {
        final CommandLineRun run = CommandLineRun.of("bench", "results", "--data", folder.toString(), "--only", "mnli");
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.errors()).contains("--only mnli", "banking77");
    }
}
