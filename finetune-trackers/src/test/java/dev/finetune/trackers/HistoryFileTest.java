package dev.finetune.trackers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.FineTuned;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.metrics.Metrics;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingControl;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import dev.finetune.train.WrittenSamples;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HistoryFileTest {
    private static final TrainingListener.Plan PLAN = new TrainingListener.Plan(8, 0, 1, 5, 5, "loss");

    @TempDir
    private Path folder;

    private static HistoryFile at(Path file, boolean json, String time) {
        return new HistoryFile(file, json, Clock.fixed(Instant.parse(time), ZoneOffset.UTC));
    }

    @Test
    void trainingsAreAppendedAsNumbersALine() throws IOException {
        final Path file = folder.resolve("history.csv");
        final List<StepReport> steps;
        try (FineTuned<Text> tuned = Fits.fit(folder, at(file, false, "2026-01-02T03:04:05Z"))) {
            steps = tuned.history().orElseThrow().steps();
        }
        Fits.fit(folder, at(file, false, "2026-01-02T03:05:00Z")).close();
        final List<String> lines = Files.readAllLines(file);
        assertThat(lines.get(0)).isEqualTo("training,step,epoch,name,value");
        assertThat(lines.get(1))
                .isEqualTo(
                        "2026-01-02T03:04:05Z,1,0.0,train/loss," + steps.get(0).loss());
        assertThat(lines.stream().filter(line -> line.startsWith("2026-01-02T03:05:00Z,")))
                .hasSameSizeAs(lines.stream()
                        .filter(line -> line.startsWith("2026-01-02T03:04:05Z,"))
                        .toList());
        assertThat(lines).anyMatch(line -> line.contains(",8,2.0,validation/accuracy,"));
        assertThat(lines.stream().filter(line -> line.startsWith("training"))).hasSize(1);
    }

    @Test
    void eventsAreAppendedAsJsonALine() throws IOException {
        final Path file = folder.resolve("history.jsonl");
        final FineTuned<Text> tuned = Fits.fit(folder, HistoryFile.jsonLines(file));
        tuned.close();
        final List<JsonObject> events = Files.readAllLines(file).stream()
                .map(line -> JsonParser.parseString(line).getAsJsonObject())
                .toList();
        assertThat(events.get(0).get("event").getAsString()).isEqualTo("started");
        assertThat(events.get(0)
                        .getAsJsonObject("settings")
                        .get("learning rate")
                        .getAsString())
                .contains("0.001");
        assertThat(events.stream()
                        .filter(event -> event.get("event").getAsString().equals("step")))
                .hasSize(Fits.STEPS);
        assertThat(events.stream()
                        .filter(event -> event.get("event").getAsString().equals("evaluation")))
                .hasSize(Fits.EPOCHS)
                .allSatisfy(
                        event -> assertThat(event.has("validation/accuracy")).isTrue());
        assertThat(events.get(events.size() - 1).get("end").getAsString()).isEqualTo("finished");
    }

    @Test
    void numbersThatAreNotFiniteAndFailuresAreWrittenAsWell() throws IOException {
        final Path file = folder.resolve("history.jsonl");
        final HistoryFile history = HistoryFile.jsonLines(file);
        history.begin(PLAN, Map.of());
        history.stepped(new StepReport(1, 0, Double.NaN, Double.POSITIVE_INFINITY, 1e-3, 8));
        history.failed(new FinetuneException("The loss became NaN"));
        assertThat(Files.readAllLines(file).get(1))
                .contains("\"train/loss\":\"NaN\"", "\"train/gradient_norm\":\"Infinity\"");
        assertThat(Files.readAllLines(file).get(2)).contains("\"event\":\"failed\"", "The loss became NaN");
    }

    @Test
    void whatTheModelWroteIsAppendedAfterTheEnd() throws IOException {
        final Path file = folder.resolve("history.jsonl");
        final HistoryFile history = at(file, true, "2026-01-02T03:04:05Z");
        history.begin(PLAN, Map.of());
        history.failed(new FinetuneException("over"));
        history.sampled(new WrittenSamples(
                "greedy",
                List.of(new WrittenSamples.Row(2, "late", "sorry", "la la", Optional.of("sorry"))),
                new Metrics(Map.of("rougeL", 0.0)),
                Optional.of(new Metrics(Map.of("rougeL", 1.0)))));
        assertThat(Files.readAllLines(file).get(2))
                .isEqualTo(
                        "{\"training\":\"2026-01-02T03:04:05Z\",\"event\":\"samples\",\"settings\":\"greedy\",\"rows\":"
                                + "[{\"row\":2,\"prompt\":\"late\",\"reference\":\"sorry\",\"before\":\"la la\",\"after\":\"sorry\"}],"
                                + "\"before\":{\"rougeL\":0.0},\"after\":{\"rougeL\":1.0}}");
    }

    @Test
    void aLineThatAKilledProcessBrokeOffStaysALineOfItsOwn() throws IOException {
        final Path file =
                Files.writeString(folder.resolve("cut.csv"), "training,step,epoch,name,value\n2026,1,0.5,train/lo");
        final HistoryFile history = at(file, false, "2026-01-02T03:04:05Z");
        history.begin(PLAN, Map.of());
        history.stepped(new StepReport(1, 0, 0.5, 1, 1e-3, 8));
        history.failed(new FinetuneException("no more"));
        assertThat(Files.readAllLines(file))
                .contains("2026,1,0.5,train/lo", "2026-01-02T03:04:05Z,1,0.0,train/loss,0.5");
    }

    @Test
    void jsonOfSomethingElseIsRefusedAndSoAreTwoTrainingsAtOnce() throws IOException {
        final Path file = Files.writeString(folder.resolve("config.jsonl"), "{ \"model_type\": \"bert\" }");
        assertThatThrownBy(() -> HistoryFile.jsonLines(file).begin(PLAN, Map.of()))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(file.toString(), "{ \"model_t");
        assertThat(file).hasContent("{ \"model_type\": \"bert\" }");
        final HistoryFile one = HistoryFile.jsonLines(folder.resolve("one.jsonl"));
        final TrainingListener starting = new TrainingListener() {
            @Override
            public void attached(TrainingControl control) {
                one.attached(control);
            }

            @Override
            public void started(Plan plan) {
                one.started(plan);
                assertThatThrownBy(() -> one.attached(one.control()))
                        .isInstanceOf(FinetuneException.class)
                        .hasMessageContaining("a tracker of its own");
            }

            @Override
            public void finished(TrainingHistory history) {
                one.finished(history);
            }
        };
        Fits.fit(folder, starting).close();
        assertThat(folder.resolve("one.jsonl")).content().contains("\"event\":\"finished\"");
    }

    @Test
    void aFileOfSomethingElseIsRefusedByNameAndTheTrainingGoesOn() throws IOException {
        final Path file = Files.writeString(folder.resolve("mine.csv"), "name,age\nAda,36\n");
        final HistoryFile history = HistoryFile.csv(file);
        assertThatThrownBy(() -> history.begin(PLAN, Map.of()))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(file.toString(), "name,age", "training,step,epoch,name,value");
        try (FineTuned<Text> tuned = Fits.fit(folder, history)) {
            assertThat(tuned.history().orElseThrow().steps()).hasSize(Fits.STEPS);
        }
        assertThat(file).hasContent("name,age\nAda,36\n");
    }
}
