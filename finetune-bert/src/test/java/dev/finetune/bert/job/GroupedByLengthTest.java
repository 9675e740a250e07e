package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.finetune.Embedder;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.Encoded;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.PaddedBatches;
import dev.finetune.data.Question;
import dev.finetune.data.Text;
import dev.finetune.data.Words;
import dev.finetune.freeze.Freeze;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import dev.finetune.head.Prediction;
import dev.finetune.peft.Lora;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A batch whose padding is left out, or that is computed in parts of similar length, trains and predicts as the padded one does. */
class GroupedByLengthTest {
    private static final int ROWS = 48;

    /** From a few words to as many as the model reads. */
    private static Dataset<Text> texts() {
        final List<Example<Text>> examples = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            final boolean good = i % 3 == 0;
            examples.add(new Example<>(
                    Text.of(String.join(" ", words(i)) + (good ? " great" : " waste")),
                    Label.of(good ? "good" : "bad")));
        }
        return Dataset.of(Text.class, examples);
    }

    private static List<String> words(int row) {
        return Collections.nCopies(1 + row, Jobs.FILLERS.get(row % Jobs.FILLERS.size()));
    }

    private static FineTuner tuner(String family) {
        return FineTuner.from(Jobs.model(family + "-sequence-classification"))
                .maxLength(64)
                .batchSize(ROWS)
                .lr(2e-3)
                .regularization(r -> r.dropout(0))
                .epochs(4);
    }

    private static FineTuner classifier(String family) {
        return tuner(family).head("bad", "good");
    }

    /** How many parts a batch of all the texts is computed in, where it is. */
    private static int parts(FineTuned<Text> model) {
        final int[] lengths = model.assembly().encoder().encode(texts().asList()).stream()
                .map(Encoded::length)
                .sorted(Comparator.reverseOrder())
                .mapToInt(Integer::intValue)
                .toArray();
        return PaddedBatches.ends(lengths, ROWS, PaddedBatches.OWN_COST_OF_A_PART)
                .size();
    }

    private static <I> void trainsAsPadded(FineTuner tuner, Dataset<I> data) {
        try (FineTuned<I> grouped = tuner.fitAll(data);
                FineTuned<I> padded =
                        tuner.batching(b -> b.groupByLength(false)).fitAll(data)) {
            final List<StepReport> ours = Jobs.history(grouped).steps();
            final List<StepReport> plain = Jobs.history(padded).steps();
            assertThat(ours).hasSameSizeAs(plain).hasSize(4);
            for (int i = 0; i < ours.size(); i++) {
                assertThat(ours.get(i).rows()).isEqualTo(plain.get(i).rows());
                assertThat(ours.get(i).loss())
                        .as("loss of step %d", i)
                        .isCloseTo(plain.get(i).loss(), within(1e-5));
                final double norm = plain.get(i).gradientNorm();
                assertThat(ours.get(i).gradientNorm())
                        .as("gradients of step %d", i)
                        .isCloseTo(norm, within(2e-4 * norm));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert", "distilbert", "roberta", "electra", "xlm-roberta", "mpnet", "albert", "modernbert"})
    void lossesAndGradientsWithoutPaddingAreThoseOfThePaddedBatch(String family) {
        try (FineTuned<Text> model = classifier(family).untrained(Text.class)) {
            assertThat(model.assembly().network().canLeaveOutPadding()).isTrue();
        }
        trainsAsPadded(classifier(family), texts());
    }

    @Test
    void lossesAndGradientsInPartsAreThoseOfThePaddedBatch() {
        final FineTuner tuner = classifier("deberta-v2");
        try (FineTuned<Text> model = tuner.untrained(Text.class)) {
            assertThat(model.assembly().network().canLeaveOutPadding()).isFalse();
            assertThat(parts(model)).isGreaterThan(3);
        }
        trainsAsPadded(tuner, texts());
    }

    static Stream<Arguments> ways() {
        return Stream.of(
                way("checkpointing", tuner -> tuner.execution(e -> e.gradientCheckpointing(true))),
                way("a frozen layer", tuner -> tuner.freeze(1)),
                way("all layers frozen", tuner -> tuner.freeze(Freeze.allButHead())),
                way("all is kept for backward", tuner -> tuner.execution(e -> e.recomputeActivations(false))),
                way("all tokens of the last layer", tuner -> tuner.execution(e -> e.firstTokenOnly(false))),
                way("LoRA", tuner -> tuner.lora(Lora.rank(4).allLinear())),
                way("distillation", tuner -> tuner.preservation(p -> p.distill(1))));
    }

    private static Arguments way(String what, UnaryOperator<FineTuner> way) {
        return Arguments.of(what, way);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ways")
    void itDoesSoHoweverItIsTrained(String what, UnaryOperator<FineTuner> way) {
        trainsAsPadded(way.apply(classifier("bert")), texts());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ways")
    void rowsNextToWhichTokensAreHiddenAreNotTakenForOthers(String what, UnaryOperator<FineTuner> way) {
        trainsAsPadded(way.apply(classifier("modernbert")), texts());
    }

    @Test
    void aLastLayerThatSeesNearTokensAloneHasTheMaskOfItsOwnRows(@TempDir Path folder) throws IOException {
        for (Path file :
                Files.list(Jobs.model("modernbert-sequence-classification")).toList()) {
            Files.copy(file, folder.resolve(file.getFileName()));
        }
        final Path config = folder.resolve("config.json");
        final JsonObject json = JsonParser.parseString(Files.readString(config)).getAsJsonObject();
        final JsonArray types = json.getAsJsonArray("layer_types");
        for (int i = 0; i < types.size(); i++) {
            types.set(i, new JsonPrimitive("sliding_attention"));
        }
        Files.writeString(config, json.toString());
        final FineTuner tuner = FineTuner.from(folder)
                .head("bad", "good")
                .maxLength(64)
                .batchSize(ROWS)
                .regularization(r -> r.dropout(0))
                .epochs(4);
        trainsAsPadded(tuner, texts());
        trainsAsPadded(tuner.freeze(1), texts());
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert", "modernbert"})
    void whatIsDroppedIsTheSameWhenItIsComputedAgain(String family) {
        final FineTuner tuner = FineTuner.from(Jobs.model(family + "-sequence-classification"))
                .head("bad", "good")
                .maxLength(64)
                .batchSize(ROWS)
                .batching(b -> b.shuffle(false))
                .regularization(r -> r.dropout(0.2))
                .epochs(4);
        try (FineTuned<Text> kept = tuner.fitAll(texts());
                FineTuned<Text> again =
                        tuner.execution(e -> e.gradientCheckpointing(true)).fitAll(texts())) {
            final List<Double> losses = Jobs.losses(kept);
            for (int i = 0; i < losses.size(); i++) {
                assertThat(Jobs.losses(again).get(i)).isCloseTo(losses.get(i), within(1e-6));
            }
        }
    }

    @Test
    void tagsAreLearnedAsOfThePaddedBatch() {
        final List<Example<Words>> examples = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            final List<String> words = words(i);
            final List<String> tags = new ArrayList<>(Collections.nCopies(words.size(), "O"));
            tags.set(i / 2, "B-X");
            examples.add(new Example<>(new Words(words), new Label.Tags(tags)));
        }
        trainsAsPadded(tuner("bert").head(Heads.tokens("O", "B-X", "I-X")), Dataset.of(Words.class, examples));
    }

    @Test
    void aHeadThatComparesAllPositionsHasItsPadding() {
        try (FineTuned<?> model = tuner("bert").head(Heads.questionAnswering()).untrained(Question.class)) {
            assertThat(model.assembly().network().canLeaveOutPadding()).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert", "roberta", "mpnet", "modernbert", "deberta-v2"})
    void predictionsTogetherAreThoseOfEachAlone(String family) {
        final List<Text> inputs = texts().asList().stream().map(Example::input).toList();
        try (FineTuned<Text> model = classifier(family).untrained(Text.class);
                Embedder<String> vectors = tuner(family).embedder(Pooling.MEAN)) {
            final List<Prediction> together = model.predict(inputs);
            for (int i = 0; i < inputs.size(); i++) {
                final double alone =
                        model.predict(inputs.get(i)).probabilities().get("good");
                assertThat(together.get(i).probabilities().get("good")).isCloseTo(alone, within(1e-5));
            }
            final List<String> words = inputs.stream().map(Text::text).toList();
            final List<float[]> all = vectors.embed(words);
            for (int i = 0; i < words.size(); i += 7) {
                assertThat(all.get(i)).containsExactly(vectors.embed(words.get(i)), within(1e-5f));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert", "modernbert", "deberta-v2"})
    void stepsLeaveNothingBehind(String family) {
        final List<Long> objects = new ArrayList<>();
        final FineTuner counting = classifier(family).epochs(20).listener(new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                objects.add(Pointer.totalCount());
            }
        });
        try (FineTuned<Text> tuned = counting.fitAll(texts())) {
            assertThat(objects).hasSize(20);
            assertThat(objects.subList(3, 20))
                    .allSatisfy(count -> assertThat(count).isLessThanOrEqualTo(objects.get(3)));
        }
    }
}
