package dev.finetune.bert.start;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.bert.job.Jobs;
import dev.finetune.data.Text;
import dev.finetune.train.Checkpoints;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * A real disk that is full while a training writes checkpoints: {@code -Dfinetune.disk=/mnt/small} names a small file system
 * of its own, as {@code mount -t tmpfs -o size=12m tmpfs /mnt/small} makes one.
 */
@EnabledIfSystemProperty(
        named = "finetune.disk",
        matches = ".+",
        disabledReason = "SKIPPED: it needs a file system to fill, -Dfinetune.disk=/mnt/small")
class SmallDiskTest {
    private final Path disk = Path.of(System.getProperty("finetune.disk", ""));
    private final Path checkpoints = disk.resolve("checkpoints");
    private final Path filler = disk.resolve("filler");
    private final List<String> warnings = new ArrayList<>();

    private TrainingListener trouble() {
        return new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                if (report.step() == 9) {
                    fill();
                }
                if (report.step() == 21) {
                    assertThat(Checkpoints.areIn(checkpoints)).isTrue();
                    makeRoom();
                }
            }

            @Override
            public void warned(String message) {
                warnings.add(message);
            }
        };
    }

    private void fill() {
        try (OutputStream out = Files.newOutputStream(filler)) {
            while (true) {
                out.write(new byte[1 << 12]);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left");
        }
    }

    private void makeRoom() {
        try {
            Files.delete(filler);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aFullDiskIsWarnedOfAndTrainingGoesOn() {
        final Map<String, float[]> expected;
        try (FineTuned<Text> tuned = MortalTraining.fit(MortalTraining.tuner())) {
            expected = Jobs.weights(tuned);
        }
        Checkpoints.remove(checkpoints);
        final FineTuner saving = MortalTraining.tuner()
                .checkpoints(Checkpoints.in(checkpoints).everySteps(1).resume());
        try (FineTuned<Text> tuned = MortalTraining.fit(saving.listener(trouble()))) {
            assertThat(Jobs.weights(tuned)).usingRecursiveComparison().isEqualTo(expected);
        }
        assertThat(warnings)
                .anySatisfy(message -> assertThat(message).contains("couldn't be written (No space left on device)"));
        try (FineTuned<Text> again = MortalTraining.fit(saving)) {
            assertThat(Jobs.weights(again)).usingRecursiveComparison().isEqualTo(expected);
        }
    }
}
