package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.error.DivergedException;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where numbers stop being finite is told, and nothing is changed by them. */
class NonFiniteTrainingTest {
    private final Settings settings = new Settings();

    private static EncodedRows rows(int count, boolean training) {
        return new EncodedRows(
                Rows.of(count, 6, 1), new Rows(), new EncodedRows.Order(8, training, training, training, 3));
    }

    private TrainingHistory train(Network network, BatchSource rows) {
        return TrainerTest.unwatched(network, TrainerTest.TASK, settings.make()).train(rows, Optional.empty());
    }

    private static Parameter parameter(Network network, String name) {
        return network.parameters().stream()
                .filter(parameter -> parameter.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static void spoil(Network network, String name, long at, double value) {
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            parameter(network, name).value().view(-1).narrow(0, at, 1).fill_(new Scalar(value));
        }
    }

    private static List<float[]> values(Network network) {
        return network.parameters().stream()
                .map(parameter -> Tensors.floats(parameter.value()))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY})
    void aWeightThatIsNotFiniteIsToldByItsNameItsPlaceAndItsLayer(double odd) {
        try (Network network = TinyNet.of(5, 3, 0.1)) {
            spoil(network, "layer.1.out.weight", 19, odd);
            assertThatThrownBy(() -> train(network, rows(24, true)))
                    .isInstanceOf(DivergedException.class)
                    .hasMessageContainingAll(
                            "The loss became NaN at step 1 (epoch 1), on the batch of rows ",
                            "The first layer whose output isn't finite is layer.1: 1 of the 64 numbers of"
                                    + " layer.1.out.weight is NaN or infinite, the first at [2, 3]",
                            "a lower learning rate won't help");
        }
    }

    @Test
    void ofAnEmbeddingTheRowsThatReadItAreTold() {
        // Symbol 7's vector begins at number 56.
        final List<Integer> with = IntStream.range(0, 24)
                .filter(i -> ((Rows.Row) Rows.of(24, 6, 1).get(i)).symbols().contains(7))
                .boxed()
                .toList();
        try (Network network = TinyNet.of(5, 2, 0)) {
            spoil(network, "symbols.weight", 56, Double.NaN);
            final EncodedRows all =
                    new EncodedRows(Rows.of(24, 6, 1), new Rows(), new EncodedRows.Order(24, true, false, false, 3));
            assertThat(with).hasSizeBetween(2, 20);
            assertThatThrownBy(() -> train(network, all))
                    .hasMessageContainingAll(
                            "isn't finite is symbols: 1 of the 128 numbers of symbols.weight is NaN",
                            "the first at [7, 0] (it began with the batch of rows "
                                    + String.join(
                                            ", ",
                                            with.stream().map(String::valueOf).toList())
                                    + " (counted from 0))");
        }
    }

    @Test
    void ofAStreamTheRowsAreToldByTheirPlaceInIt() {
        final List<Integer> with = IntStream.range(0, 600)
                .filter(i -> ((Rows.Row) Rows.of(600, 6, 1).get(i)).symbols().contains(7))
                .boxed()
                .toList();
        settings.maxSteps = 1;
        settings.accumulation = 100;
        try (Network network = TinyNet.of(5, 2, 0)) {
            spoil(network, "symbols.weight", 56, Double.NaN);
            final Dataset<Text> stream = Dataset.streamed(Text.class, () -> Rows.examples(600, 6, 1).stream());
            assertThatThrownBy(() -> train(
                            network,
                            new StreamedRows<>(stream, new Rows(), new EncodedRows.Order(8, true, true, true, 3))))
                    .isInstanceOf(DivergedException.class)
                    .satisfies(e -> {
                        final Matcher told = Pattern.compile(
                                        "\\(it began with the batch of rows ([\\d, ]+) of the stream"
                                                + " \\(counted from 0\\)\\)")
                                .matcher(e.getMessage());
                        assertThat(told.find()).as(e.getMessage()).isTrue();
                        assertThat(Stream.of(told.group(1).split(", "))
                                        .map(Integer::valueOf)
                                        .toList())
                                .isNotEmpty()
                                .isSubsetOf(with);
                    });
        }
    }

    @Test
    void aNumberThatOverflowsIsToldWithTheLayerInWhichItDoes() {
        try (Network network = TinyNet.of(5, 3, 0)) {
            final Network large = FaultyStage.in(
                    network,
                    2,
                    (input, batch, context) -> input.mul(new Scalar(1e38)).mul(new Scalar(1e3)));
            assertThatThrownBy(() -> train(large, rows(24, true)))
                    .hasMessageContaining("isn't finite is layer.1: its weights, and what it reads, are finite, but too"
                            + " large for what it computes");
        }
    }

    @Test
    void aGradientThatIsNotFiniteEndsTheStepWithTheWeightsAsTheyWere() {
        for (double maxNorm : new double[] {0, 1}) {
            settings.maxGradientNorm = maxNorm;
            try (Network network = TinyNet.of(5, 3, 0)) {
                final int[] passes = {0};
                final Network faulty = FaultyStage.in(network, 2, (input, batch, context) -> {
                    // The root of 0 is 0, and its slope infinite; times 0 that is NaN.
                    return passes[0]++ == 2 ? input.add(input.mul(new Scalar(0)).sqrt()) : input;
                });
                final List<List<float[]>> after = new ArrayList<>();
                assertThatThrownBy(() -> new Trainer(
                                        faulty,
                                        TrainerTest.TASK,
                                        settings.make(),
                                        Tensors.cpu(),
                                        new TrainingListener() {
                                            @Override
                                            public void stepped(StepReport report) {
                                                after.add(values(network));
                                            }
                                        },
                                        new Cancellation())
                                .train(rows(64, true), Optional.empty()))
                        .isInstanceOf(DivergedException.class)
                        .hasMessageContainingAll(
                                "The norm of the gradients became NaN at step 3 (epoch 1), though the loss is finite, on"
                                        + " the batch of rows ",
                                "the weights are as they were before it",
                                "the first gradient that isn't finite is that of layer.0.norm.bias: 8 of the 8 numbers");
                assertThat(after).hasSize(2);
                assertThat(values(network)).usingRecursiveComparison().isEqualTo(after.get(1));
            }
        }
    }

    @Test
    void weightsThatTheLastStepMadeInfiniteAreNotGivenAway() {
        settings.learningRate = 1e39; // More than a float holds.
        settings.maxSteps = 1;
        try (Network network = TinyNet.of(5, 2, 0)) {
            assertThatThrownBy(() -> train(network, rows(24, true)))
                    .isInstanceOf(DivergedException.class)
                    .hasMessageContainingAll(
                            "After 1 step the weights are not finite: ",
                            " numbers of symbols.weight are NaN or infinite");
        }
    }

    @Test
    void anEvaluationOfWhatIsNoNumberIsRefusedWithTheLayer() {
        try (Network network = TinyNet.of(5, 2, 0)) {
            spoil(network, "layer.0.out.bias", 3, Double.NaN);
            assertThatThrownBy(
                            () -> Evaluator.evaluate(network, TrainerTest.TASK, rows(16, false), Tensors.cpu(), true))
                    .isInstanceOf(DivergedException.class)
                    .hasMessageContainingAll(
                            "Evaluating the batch of rows 0, 1, 2, 3, 4, 5, 6, 7",
                            "layer.0: 1 of the 8 numbers of layer.0.out.bias is NaN or infinite, the first at [3]");
        }
    }
}
