package dev.finetune.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.error.FinetuneException;
import dev.finetune.report.LearningRateTest.Point;
import dev.finetune.report.LearningRateTest.Range;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rates are suggested where fastai suggests them. */
class LearningRateTestTest {
    private static final Range RANGE = new Range(1e-6, 1, 61);

    @TempDir
    private Path folder;

    private static double rate(int step) {
        return RANGE.lowest() * Math.pow(RANGE.highest() / RANGE.lowest(), step / 60.0);
    }

    /** Flat at 2, then down to 1 around 1e-3, then up. */
    private static double loss(int step) {
        final double x = Math.log10(rate(step));
        return 2 - 1 / (1 + Math.exp(-6 * (x + 3))) + Math.max(0, x + 1.5);
    }

    @Test
    void lossesAreSmoothedWithoutTheBiasOfTheStart() {
        final LearningRateTest.Recorder recorder = new LearningRateTest.Recorder();
        for (int i = 0; i < 10; i++) {
            recorder.add(1e-5 * (i + 1), 3);
        }
        assertThat(recorder.result(RANGE).points())
                .extracting(Point::smoothed)
                .allSatisfy(smoothed -> assertThat(smoothed).isCloseTo(3.0, within(1e-12)));
        recorder.add(1, 4);
        // 0.98 of what there is (3 times 1 - 0.98^10) and 0.02 of the new, by 1 - 0.98^11.
        final double expected = (0.98 * 3 * (1 - Math.pow(0.98, 10)) + 0.02 * 4) / (1 - Math.pow(0.98, 11));
        assertThat(recorder.result(RANGE).points().get(10).smoothed()).isCloseTo(expected, within(1e-12));
    }

    @Test
    void theSteepestDescentAndATenthOfTheMinimumAreSuggested() {
        final List<Point> points = new ArrayList<>();
        for (int i = 0; i < 61; i++) {
            points.add(new Point(rate(i), loss(i), loss(i)));
        }
        final LearningRateTest test = new LearningRateTest(RANGE, points);
        assertThat(Math.log10(test.suggestion())).isCloseTo(-3, within(0.11));
        assertThat(Math.log10(test.minimumOverTen())).isBetween(-3.6, -2.4);
        assertThat(test.toString()).contains("steepest descent at", "learning rate");
    }

    @Test
    void itStopsWhereTheLossExplodes() {
        final LearningRateTest.Recorder recorder = new LearningRateTest.Recorder();
        for (int i = 0; i < 20; i++) {
            assertThat(recorder.add(rate(i), 2)).isTrue();
        }
        assertThat(recorder.add(rate(20), 1000)).isFalse();
    }

    @Test
    void theTableIsWrittenAsCsv() throws IOException {
        new LearningRateTest(RANGE, List.of(new Point(0.1, 2, 3), new Point(0.2, 1.5, 2.5), new Point(0.4, 1, 2)))
                .writeCsv(folder.resolve("rates.csv"));
        assertThat(Files.readAllLines(folder.resolve("rates.csv")))
                .containsExactly("learning rate,loss,smoothed loss", "0.1,2.0,3.0", "0.2,1.5,2.5", "0.4,1.0,2.0");
    }

    @Test
    void thePlotIsAPictureWithInk() throws IOException {
        final List<Point> points = new ArrayList<>();
        for (int i = 0; i < 61; i++) {
            points.add(new Point(rate(i), loss(i), loss(i)));
        }
        new LearningRateTest(RANGE, points).writePlot(folder.resolve("rates.png"));
        final BufferedImage picture = ImageIO.read(folder.resolve("rates.png").toFile());
        assertThat(picture.getWidth()).isGreaterThan(300);
        assertThat(Arrays.stream(picture.getRGB(
                                0, 0, picture.getWidth(), picture.getHeight(), null, 0, picture.getWidth()))
                        .distinct())
                .hasSizeGreaterThan(10);
    }

    @Test
    void tooFewStepsAndRangesThatDoNotRiseAreRefused() {
        assertThatThrownBy(() -> new LearningRateTest(RANGE, List.of()))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("only 0 steps");
        assertThatThrownBy(() -> new Range(1, 0.1, 100)).hasMessageContaining("rise");
        assertThatThrownBy(() -> new Range(1e-6, 1, 3)).hasMessageContaining("10 steps");
    }
}
