package dev.finetune.trackers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.FineTuned;
import dev.finetune.data.Text;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlightRecorderTest {
    @TempDir
    private Path folder;

    @Test
    void stepsWaitsEvaluationsAndPredictionsAreRecorded() throws IOException {
        final Path file = folder.resolve("run.jfr");
        final List<Double> losses;
        try (Recording recording = new Recording()) {
            recording.start();
            try (FineTuned<Text> tuned = Fits.fit(folder, FlightRecorder.training())) {
                losses = tuned.history().orElseThrow().steps().stream()
                        .map(step -> step.loss())
                        .toList();
                tuned.watched(FlightRecorder.predictions()).predict(Text.of("good"));
            }
            recording.dump(file);
        }
        final List<RecordedEvent> events = RecordingFile.readAllEvents(file);
        assertThat(of(events, "Step"))
                .extracting(event -> event.getDouble("loss"))
                .containsExactlyElementsOf(losses);
        assertThat(of(events, "Step"))
                .allSatisfy(event -> assertThat(event.getDuration()).isPositive());
        assertThat(of(events, "BatchWait")).hasSize(Fits.STEPS);
        assertThat(of(events, "Evaluation"))
                .extracting(event -> event.getLong("step"))
                .containsExactly(4L, 8L);
        assertThat(of(events, "Prediction"))
                .singleElement()
                .satisfies(event -> assertThat(event.getInt("inputs")).isOne());
    }

    private static List<RecordedEvent> of(List<RecordedEvent> events, String name) {
        return events.stream()
                .filter(event -> event.getEventType().getName().equals("dev.finetune." + name))
                .sorted(java.util.Comparator.comparing(RecordedEvent::getStartTime))
                .toList();
    }
}
