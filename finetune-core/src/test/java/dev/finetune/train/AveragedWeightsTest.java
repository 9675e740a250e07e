package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import dev.finetune.Reference;
import dev.finetune.head.Head;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.metrics.Metrics;
import dev.finetune.nn.Buffer;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.task.ClassificationTask;
import dev.finetune.task.LossOptions;
import dev.finetune.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class AveragedWeightsTest {
    private static final Task TASK = new ClassificationTask(
            new Head.Classification(TinyNet.CLASSES, List.of("a", "b", "c")), LossOptions.DEFAULT);

    private final Settings settings = new Settings();

    private static WeightAverage rule(JsonObject row) {
        final double value = row.get("value").getAsDouble();
        return row.get("kind").getAsString().equals("ema") ? WeightAverage.ema(value) : WeightAverage.swa(value);
    }

    @TestFactory
    Stream<DynamicTest> everyAverageIsTorchs() {
        final JsonObject reference = Reference.read("gentle").getAsJsonObject();
        return Reference.objects(reference.get("averages")).stream()
                .map(row -> DynamicTest.dynamicTest(rule(row).toString(), () -> agrees(row)));
    }

    private static void agrees(JsonObject row) {
        final List<JsonObject> steps = Reference.objects(row.get("steps"));
        final Parameter matrix = BareNet.parameter("matrix", new float[6]);
        final Parameter vector = BareNet.parameter("vector", new float[4]);
        final Buffer statistics = BareNet.buffer("statistics", new float[5]);
        try (Network network = BareNet.of(List.of(List.of(matrix), List.of(vector)), statistics);
                AveragedWeights average =
                        new AveragedWeights(Optional.of(rule(row)), network, network.trained(), steps.size())) {
            for (int done = 1; done <= steps.size(); done++) {
                final JsonObject raw = steps.get(done - 1).getAsJsonObject("raw");
                final JsonObject expected = steps.get(done - 1).getAsJsonObject("averaged");
                set(matrix.value(), Reference.floats(raw.get("matrix")));
                set(vector.value(), Reference.floats(raw.get("vector")));
                set(statistics.value(), Reference.floats(raw.get("statistics")));
                average.stepped(done);
                try (AveragedWeights.InUse use = average.use()) {
                    final float[][] found = {
                        Tensors.floats(matrix.value()),
                        Tensors.floats(vector.value()),
                        Tensors.floats(statistics.value())
                    };
                    assertThat(found[0]).containsExactly(Reference.floats(expected.get("matrix")), within(1e-6f));
                    assertThat(found[1]).containsExactly(Reference.floats(expected.get("vector")), within(1e-6f));
                    assertThat(found[2]).containsExactly(Reference.floats(expected.get("statistics")), within(1e-6f));
                }
                assertThat(Tensors.floats(matrix.value())).isEqualTo(Reference.floats(raw.get("matrix")));
            }
        }
    }

    private static void set(Tensor tensor, float... values) {
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            tensor.copy_(Tensors.of(values, values.length));
        }
    }

    @Test
    void countersAreCopiedAndWhatNeverChangesStaysBitForBit() {
        final float[] odd = {1 / 3f, -1e-7f, 12345.678f};
        final Parameter still = BareNet.parameter("still", odd);
        final Buffer counter = BareNet.counter("batches", 0);
        for (WeightAverage rule : List.of(WeightAverage.ema(0.999), WeightAverage.swa(0))) {
            try (AveragedWeights average = new AveragedWeights(
                    Optional.of(rule), BareNet.of(List.of(List.of(still)), counter), List.of(still), 50)) {
                for (int done = 1; done <= 50; done++) {
                    try (TensorScope scope = TensorScope.open()) {
                        counter.value().fill_(Tensors.of(new long[] {done}, 1).squeeze());
                    }
                    average.stepped(done);
                }
                try (AveragedWeights.InUse use = average.use()) {
                    assertThat(Tensors.floats(still.value())).isEqualTo(odd);
                    assertThat(Tensors.longs(counter.value())).containsExactly(50);
                }
            }
        }
        still.close();
        counter.close();
    }

    @Test
    void withoutARuleOrBeforeItsStartNothingIsTouched() {
        try (Network network = BareNet.of(List.of(List.of(BareNet.parameter("weight", 1, 2))))) {
            final Parameter weight = network.parameters().get(0);
            for (Optional<WeightAverage> rule :
                    List.of(Optional.<WeightAverage>empty(), Optional.of(WeightAverage.swa(0.9)))) {
                try (AveragedWeights average = new AveragedWeights(rule, network, network.trained(), 10)) {
                    average.stepped(1);
                    set(weight.value(), 3, 4);
                    average.stepped(9);
                    average.keep();
                    assertThat(Tensors.floats(weight.value())).containsExactly(3, 4);
                }
            }
        }
    }

    @Test
    void closingFreesEveryCopy() {
        try (Network network = TinyNet.of(5, 2, 0)) {
            final long before = Pointer.totalCount();
            try (AveragedWeights average =
                    new AveragedWeights(Optional.of(WeightAverage.ema(0.9)), network, network.trained(), 5)) {
                for (int done = 1; done <= 5; done++) {
                    average.stepped(done);
                    average.use().close();
                }
            }
            assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
        }
    }

    private static EncodedRows rows(int count, boolean training) {
        return new EncodedRows(
                Rows.of(count, 6, training ? 1 : 2),
                new Rows(),
                new EncodedRows.Order(8, training, training, training, 3));
    }

    private static List<float[]> values(Network network) {
        return network.parameters().stream()
                .map(parameter -> Tensors.floats(parameter.value()))
                .toList();
    }

    private TrainingHistory train(Network network, List<List<float[]>> afterSteps) {
        return new Trainer(
                        network,
                        TASK,
                        settings.make(),
                        Tensors.cpu(),
                        new TrainingListener() {
                            @Override
                            public void stepped(StepReport report) {
                                afterSteps.add(values(network));
                            }
                        },
                        new Cancellation())
                .train(rows(40, true), Optional.of(rows(24, false)));
    }

    @Test
    void theFinalWeightsAreTheMeanOfTheLastStepsWhichTrainedAsWithoutAveraging() {
        settings.epochs = 4;
        settings.evaluateEvery = 3;
        final List<List<float[]>> plain = new ArrayList<>();
        final List<List<float[]>> averaging = new ArrayList<>();
        try (Network network = TinyNet.of(5, 2, 0.1)) {
            train(network, plain);
        }
        settings.regularization = Regularization.DEFAULT.average(WeightAverage.swa(0.5));
        try (Network network = TinyNet.of(5, 2, 0.1)) {
            final TrainingHistory history = train(network, averaging);
            assertThat(averaging).hasSize(20).usingRecursiveComparison().isEqualTo(plain);
            final List<float[]> kept = values(network);
            for (int i = 0; i < kept.size(); i++) {
                for (int j = 0; j < kept.get(i).length; j++) {
                    final int[] at = {i, j};
                    final double mean = averaging.subList(10, 20).stream()
                            .mapToDouble(step -> step.get(at[0])[at[1]])
                            .average()
                            .orElseThrow();
                    assertThat((double) kept.get(i)[j]).isCloseTo(mean, within(1e-6));
                }
            }
            assertThat(evaluation(network))
                    .isEqualTo(lossOf(history.epochs().get(history.epochs().size() - 1)));
            assertThat(network.parameters())
                    .allMatch(p -> p.isTrained() && p.value().requires_grad());
        }
    }

    private static double evaluation(Network network) {
        final Metrics metrics = Evaluator.evaluate(network, TASK, rows(24, false), Tensors.cpu(), true);
        return metrics.get("loss");
    }

    private static double lossOf(EpochReport report) {
        return report.validation().orElseThrow().get("loss");
    }

    @Test
    void theBestOfTheAveragesIsKept() {
        settings.epochs = 10;
        settings.evaluateEvery = 4;
        settings.learningRate = 0.1;
        settings.keepBest = true;
        settings.regularization = Regularization.DEFAULT.average(WeightAverage.ema(0.8));
        try (Network network = TinyNet.of(5, 2, 0)) {
            final TrainingHistory history = train(network, new ArrayList<>());
            assertThat(evaluation(network)).isEqualTo(lossOf(history.best().orElseThrow()));
        }
    }
}
