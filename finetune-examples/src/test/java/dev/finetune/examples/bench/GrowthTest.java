package dev.finetune.examples.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import dev.finetune.examples.CommandLineRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GrowthTest {
    private static final List<GrowthPoint> POINTS =
            List.of(new GrowthPoint("seq", 32, 1, 10, 300), new GrowthPoint("seq", 64, 2, 25, 310));

    private static final List<StreamPoint> STREAMS =
            List.of(new StreamPoint(1000, 1.5, 40, 500), new StreamPoint(1_000_000, 1.6, 41, 505));

    @TempDir
    private Path folder;

    @Test
    void theArithmeticOfBertBaseIsThatOfItsMatrixProducts() {
        assertThat(GrowthPoint.gigaflop(16, 128, 12, 768)).isCloseTo(1073, within(1.0));
    }

    @Test
    void aPointThatIsSlowerThanItsArithmeticShowsInItsRate() {
        assertThat(GrowthPoint.table(POINTS))
                .containsExactly(
                        "| seq | ms a step | GFLOP | GFLOP/s | peak MB | rate over the best before |",
                        "| --- | --- | --- | --- | --- | --- |",
                        "| 32 | 10.0 | 1.00 | 100.0 | 300 |  |",
                        "| 64 | 25.0 | 2.00 | 80.0 | 310 | 0.80 |");
    }

    @Test
    void aStreamIsALineOfItsTable() {
        assertThat(StreamPoint.table(STREAMS)).contains("| 1000000 | 1.60 | 41 | 505 |");
    }

    @Test
    void everyPointIsALineOfTheFileForPrograms() throws IOException {
        final Path file = folder.resolve("growth.csv");

        GrowthFiles.csv(file, List.of(POINTS), STREAMS);

        assertThat(Files.readAllLines(file))
                .hasSize(5)
                .contains("seq,64,25.0,2.0,,,310.0", "rows,1000,,,1.5,40.0,500.0");
    }

    @Test
    void thePictureHasAColumnForEachAxisAndOneForTheRows() throws IOException {
        final Path file = folder.resolve("growth.png");

        GrowthFiles.png(file, List.of(POINTS), STREAMS);

        assertThat(ImageIO.read(file.toFile()).getWidth()).isEqualTo(2 * 480);
    }

    @Test
    void streamedRowsAreTrainedOnAndTold() {
        final JsonObject json = CommandLineRun.of("bench", "stream-rows", "--rows", "100", "--steps", "2")
                .well()
                .json();

        assertThat(json.get("steps").getAsInt()).isEqualTo(2);
        assertThat(json.get("first_step_s").getAsDouble()).isPositive();
        assertThat(json.get("heap_mb").getAsDouble()).isPositive();
    }
}
