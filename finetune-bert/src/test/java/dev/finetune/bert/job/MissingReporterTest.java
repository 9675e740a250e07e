package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FineTuner;
import dev.finetune.error.FinetuneException;
import dev.finetune.train.TrainingListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Asking for a report where nothing is there that makes one. */
class MissingReporterTest {
    @TempDir
    private Path folder;

    @Test
    void namesTheArtifactBeforeAnythingIsTrained() {
        final List<String> heard = new ArrayList<>();
        final FineTuner tuner = Jobs.classifier()
                .report(folder.resolve("out").resolve("report.html"))
                .listener(new TrainingListener() {
                    @Override
                    public void started(Plan plan) {
                        heard.add("started");
                    }
                });

        assertThatThrownBy(() -> tuner.fit(Jobs.data(16, 1), Jobs.data(8, 2)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("dev.finetune:finetune-report")
                .hasMessageContaining("META-INF/services/dev.finetune.spi.FitReporter");
        assertThat(heard).isEmpty();
        assertThat(folder.resolve("out")).doesNotExist();
    }
}
