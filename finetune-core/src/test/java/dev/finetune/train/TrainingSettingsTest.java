package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class TrainingSettingsTest {
    private static void isRefused(String name, String value, Consumer<Settings> change) {
        final Settings settings = new Settings();
        change.accept(settings);
        isRefused(settings::make, name, value);
    }

    private static void isRefused(ThrowingCallable call, String... words) {
        assertThatThrownBy(call)
                .as(String.join(", ", words))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(words);
    }

    @Test
    void aValueOutOfRangeIsRefusedByItsName() {
        for (double bad : new double[] {-1e-5, Double.NaN, Double.POSITIVE_INFINITY}) {
            isRefused("lr", Double.toString(bad), s -> s.learningRate = bad);
        }
        for (double bad : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            isRefused("epochs", Double.toString(bad), s -> s.epochs = bad);
        }
        for (int bad : new int[] {0, -3}) {
            final String shown = Integer.toString(bad);
            isRefused("batchSize", shown, s -> s.batchSize = bad);
            isRefused("evaluation(e -> e.batchSize(...))", shown, s -> s.evaluationBatchSize = bad);
            isRefused("accumulate", shown, s -> s.accumulation = bad);
        }
        for (Duration bad : List.of(Duration.ZERO, Duration.ofMillis(-1))) {
            isRefused("maxTime", bad.toString(), s -> s.maxTime = Optional.of(bad));
        }
        isRefused("lr", "0.0", s -> s.learningRate = 0);
        isRefused("maxSteps", "-1", s -> s.maxSteps = -1);
        isRefused("evaluation(e -> e.everySteps(...))", "-1", s -> s.evaluateEvery = -1);
        isRefused("maxGradientNorm", "-1.0", s -> s.maxGradientNorm = -1);
        isRefused("maxGradientNorm", "NaN", s -> s.maxGradientNorm = Double.NaN);
    }

    @Test
    void theBoundsThemselvesAreAllowed() {
        final Settings settings = new Settings();
        settings.learningRate = Double.MIN_VALUE;
        settings.epochs = 0.01;
        settings.batchSize = 1;
        settings.accumulation = 1;
        settings.maxGradientNorm = 0;
        assertThat(settings.make().learningRate()).isEqualTo(Double.MIN_VALUE);
    }

    @Test
    void whatThePartsRefuseIsRefusedInTheirWords() {
        isRefused(() -> new OptimizerSettings.AdamW(1, 0.999, 1e-8, WeightDecay.NONE), "AdamW", "1.0");
        isRefused(() -> new OptimizerSettings.AdamW(0.9, -0.1, 1e-8, WeightDecay.NONE), "AdamW", "-0.1");
        isRefused(() -> new OptimizerSettings.AdamW(0.9, 0.999, Double.NaN, WeightDecay.NONE), "eps", "NaN");
        isRefused(() -> OptimizerSettings.sgd(1), "momentum", "1.0");
        isRefused(() -> new OptimizerSettings.Sgd(0, true, WeightDecay.NONE), "Nesterov");
        isRefused(() -> WeightDecay.of(-0.01), "Weight decay", "-0.01");
        isRefused(() -> WeightDecay.of(Double.POSITIVE_INFINITY), "Weight decay", "Infinity");
        isRefused(() -> new EarlyStopping("", 0, 0), "patience", "0");
        isRefused(() -> new EarlyStopping("loss", 1, -1), "minimum change", "-1.0");
        isRefused(() -> new Warmup(-1, 0), "-1");
        for (double bad : new double[] {0, -0.5, 1.01, Double.NaN}) {
            isRefused(() -> KnowledgePreservation.DEFAULT.layerDecay(bad), "layerDecay", Double.toString(bad));
        }
        for (double bad : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            isRefused(
                    () -> KnowledgePreservation.DEFAULT.gradualUnfreezing(bad),
                    "gradualUnfreezing",
                    Double.toString(bad));
        }
        for (double bad : new double[] {0, 1, -0.1, Double.NaN}) {
            isRefused(() -> WeightAverage.ema(bad), "ema", Double.toString(bad));
        }
        for (double bad : new double[] {1, -0.1, Double.NaN}) {
            isRefused(() -> WeightAverage.swa(bad), "swa", Double.toString(bad));
        }
    }

    @Test
    void stepsAreCountedAsTheTrainerCountsThem() {
        final Settings settings = new Settings();
        settings.epochs = 2.5;
        settings.accumulation = 3;
        final BatchSource tenBatches =
                new EncodedRows(Rows.of(78, 3, 1), new Rows(), new EncodedRows.Order(8, true, true, true, 1));
        assertThat(TotalSteps.of(settings.make(), tenBatches)).isEqualTo(10);
        settings.maxSteps = 7;
        assertThat(TotalSteps.of(settings.make(), tenBatches)).isEqualTo(7);
        settings.maxSteps = 700;
        assertThat(TotalSteps.of(settings.make(), tenBatches)).isEqualTo(700);
    }
}
