package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.Encoded;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.head.Prediction;
import dev.finetune.peft.Lora;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keeping less for the backward pass changes nothing but memory and time: the dropout is the same, too. */
class RecomputedActivationsTest {
    @TempDir
    private Path directory;

    private int made;

    static Stream<Arguments> ways() {
        return Stream.of(
                Arguments.of("all trained", (UnaryOperator<FineTuner>) tuner -> tuner),
                Arguments.of("checkpointing", (UnaryOperator<FineTuner>)
                        tuner -> tuner.execution(e -> e.gradientCheckpointing(true))),
                Arguments.of("a frozen layer", (UnaryOperator<FineTuner>) tuner -> tuner.freeze(1)),
                Arguments.of("LoRA", (UnaryOperator<FineTuner>)
                        tuner -> tuner.lora(Lora.rank(4).dropout(0.1).targets("query", "output.dense"))),
                Arguments.of("two passes", (UnaryOperator<FineTuner>) tuner -> tuner.regularization(r -> r.rDrop(1))));
    }

    /** Rows so long that attention goes piece by piece, of different lengths. */
    private static Dataset<Text> longTexts(int count) {
        return longTexts(count, 100);
    }

    private static Dataset<Text> longTexts(int count, int shortest) {
        final SplittableRandom random = new SplittableRandom(4);
        final List<Example<Text>> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final boolean good = i % 2 == 0;
            final List<String> words = new ArrayList<>();
            for (int j = random.nextInt(shortest, 200); j > 0; j--) {
                words.add(Jobs.FILLERS.get(random.nextInt(Jobs.FILLERS.size())));
            }
            words.add(good ? "great" : "waste");
            examples.add(new Example<>(Text.of(String.join(" ", words)), Label.of(good ? "good" : "bad")));
        }
        return Dataset.of(Text.class, examples);
    }

    private FineTuner tuner() {
        final Path longer = Checkpoints.configured(
                "bert-sequence-classification",
                directory.resolve("model" + made++),
                config -> config.addProperty("max_position_embeddings", 256));
        return FineTuner.from(longer)
                .initialization(i -> i.randomWeights(true))
                .maxLength(256)
                .head("bad", "good")
                .regularization(r -> r.dropout(0.1))
                .lr(1e-3)
                .epochs(1);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ways")
    void itAgreesWithKeepingAll(String what, UnaryOperator<FineTuner> way) {
        final Dataset<Text> train = longTexts(40);
        try (FineTuned<Text> recomputing = way.apply(tuner()).fitAll(train);
                FineTuned<Text> keeping = way.apply(tuner())
                        .execution(e -> e.recomputeActivations(false))
                        .fitAll(train)) {
            final List<Double> ours = Jobs.losses(recomputing);
            final List<Double> plain = Jobs.losses(keeping);
            assertThat(ours).hasSameSizeAs(plain).hasSize(5);
            for (int i = 0; i < ours.size(); i++) {
                assertThat(ours.get(i)).as("step %d", i).isCloseTo(plain.get(i), within(1e-5));
            }
            final List<StepReport> norms = Jobs.history(recomputing).steps();
            final List<StepReport> plainNorms = Jobs.history(keeping).steps();
            for (int i = 0; i < norms.size(); i++) {
                assertThat(norms.get(i).gradientNorm())
                        .as("gradient of step %d", i)
                        .isCloseTo(
                                plainNorms.get(i).gradientNorm(),
                                within(1e-4 * plainNorms.get(i).gradientNorm()));
            }
        }
    }

    /**
     * 32 rows of 175 tokens and more, 48 wide and 96 inside, are more than the 2^18 numbers from which dropout and activations
     * keep less.
     */
    @ParameterizedTest(name = "dropout {0}")
    @ValueSource(doubles = {0, 0.1})
    void itAgreesWithKeepingAllWhereDropoutAndActivationsKeepLess(double dropout) {
        final Dataset<Text> train = longTexts(64, 175);
        final FineTuner tuner =
                tuner().regularization(r -> r.dropout(dropout)).batchSize(32).epochs(2);
        try (FineTuned<Text> recomputing = tuner.fitAll(train);
                FineTuned<Text> keeping =
                        tuner.execution(e -> e.recomputeActivations(false)).fitAll(train)) {
            assertThat(lengths(recomputing, train)).allMatch(length -> 32 * 48 * length > 1 << 18);
            final List<StepReport> ours = Jobs.history(recomputing).steps();
            final List<StepReport> plain = Jobs.history(keeping).steps();
            assertThat(ours).hasSameSizeAs(plain).hasSize(4);
            for (int i = 0; i < ours.size(); i++) {
                final double norm = plain.get(i).gradientNorm();
                assertThat(ours.get(i).loss())
                        .as("step %d", i)
                        .isCloseTo(plain.get(i).loss(), within(1e-5));
                assertThat(ours.get(i).gradientNorm()).as("step %d", i).isCloseTo(norm, within(1e-4 * norm));
            }
        }
    }

    @Test
    void evaluationsAndPredictionsOfLongRowsObeyItAndAgree() {
        final Dataset<Text> data = longTexts(12, 199);
        final Path saved = directory.resolve("saved");
        try (FineTuned<Text> trained = tuner().lr(1e-2).epochs(3).fitAll(longTexts(24))) {
            trained.save(saved);
        }
        try (FineTuned<Text> recomputing = FineTuner.from(saved).maxLength(256).untrained(Text.class);
                FineTuned<Text> keeping = FineTuner.from(saved)
                        .maxLength(256)
                        .execution(e -> e.recomputeActivations(false))
                        .untrained(Text.class)) {
            assertThat(lengths(recomputing, data)).allMatch(length -> length >= 192);
            assertThat(recomputing.evaluate(data).get("loss"))
                    .isCloseTo(keeping.evaluate(data).get("loss"), within(1e-5));
            final float[] ours = logits(recomputing, data);
            final float[] plain = logits(keeping, data);
            assertThat(ours).isNotEqualTo(plain).containsExactly(plain, within(1e-5f));
        }
    }

    private static List<Integer> lengths(FineTuned<Text> model, Dataset<Text> data) {
        return model.assembly().encoder().encode(data.asList()).stream()
                .map(Encoded::length)
                .toList();
    }

    private static float[] logits(FineTuned<Text> model, Dataset<Text> data) {
        final List<Prediction> predictions =
                model.predict(data.asList().stream().map(Example::input).toList());
        final float[] all = new float[2 * predictions.size()];
        for (int i = 0; i < predictions.size(); i++) {
            System.arraycopy(predictions.get(i).logits().get(0), 0, all, 2 * i, 2);
        }
        return all;
    }

    @Test
    void stepsLeaveNothingBehind() {
        final Dataset<Text> train = longTexts(24);
        final List<Long> objects = new ArrayList<>();
        final FineTuner counting = tuner().epochs(4).listener(new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                objects.add(Pointer.totalCount());
            }
        });
        try (FineTuned<Text> recomputing = counting.fitAll(train)) {
            assertThat(objects).hasSize(12);
            assertThat(objects.subList(2, 12))
                    .allSatisfy(count -> assertThat(count).isLessThanOrEqualTo(objects.get(2)));
        }
    }
}
