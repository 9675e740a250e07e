package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Question;
import dev.finetune.data.Split;
import dev.finetune.data.Text;
import dev.finetune.freeze.Freeze;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.head.Prediction;
import dev.finetune.train.EpochReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What frozen layers give is kept; with dropout off, that changes nothing but the time. */
class FrozenOutputsTest {
    static Stream<Arguments> frozen() {
        return Stream.of(
                Arguments.of("embeddings", Freeze.embeddings(), false),
                Arguments.of("two layers", Freeze.firstLayers(2), false),
                Arguments.of("two layers, checkpointing", Freeze.firstLayers(2), true),
                Arguments.of("all but the head", Freeze.allButHead(), false));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("frozen")
    void keepingThemAgreesWithComputingThem(String what, Freeze freeze, boolean checkpointing) {
        FineTuner tuner = Jobs.classifier()
                .regularization(r -> r.dropout(0))
                .freeze(freeze)
                .lr(1e-3)
                .epochs(3);
        if (checkpointing) {
            tuner = tuner.execution(e -> e.gradientCheckpointing(true));
        }
        final Dataset<Text> validation = Jobs.data(20, 2);
        try (FineTuned<Text> keeping = tuner.fit(Jobs.data(60, 1), validation);
                FineTuned<Text> computing =
                        tuner.execution(e -> e.keepFrozenOutputs(false)).fit(Jobs.data(60, 1), validation)) {
            assertAgree(keeping, computing);
            final Text text = Jobs.texts(1, 5).get(0);
            final Prediction.Category one = (Prediction.Category) keeping.predict(text);
            final Prediction.Category other = (Prediction.Category) computing.predict(text);
            one.probabilities()
                    .forEach((label, p) ->
                            assertThat(p).isCloseTo(other.probabilities().get(label), within(1e-5)));
        }
    }

    private static void assertAgree(FineTuned<?> keeping, FineTuned<?> computing) {
        final List<Double> ours = Jobs.losses(keeping);
        final List<Double> plain = Jobs.losses(computing);
        assertThat(ours).hasSameSizeAs(plain).hasSizeGreaterThan(10);
        for (int i = 0; i < ours.size(); i++) {
            assertThat(ours.get(i)).as("step %d", i).isCloseTo(plain.get(i), within(1e-5));
        }
        final List<EpochReport> reports = Jobs.history(keeping).epochs();
        for (int i = 0; i < reports.size(); i++) {
            final EpochReport other = Jobs.history(computing).epochs().get(i);
            assertThat(reports.get(i).validation().orElseThrow().get("loss"))
                    .as("evaluation %d", i)
                    .isCloseTo(other.validation().orElseThrow().get("loss"), within(1e-5));
        }
    }

    static Stream<Arguments> tasks() {
        final Label both = new Label.Categories(Set.of("a", "b"));
        final Label one = new Label.Categories(Set.of("b"));
        return Stream.of(
                Arguments.of("tags", "bert-token-classification", Heads.tokens(), Jobs.sentences(60, 1)),
                Arguments.of("several labels", "bert-multi-label", Heads.multiLabel("a", "b"), labelled(both, one)),
                Arguments.of("numbers", "bert-regression", Heads.regression(), labelled(Label.of(1), Label.of(-0.5))),
                Arguments.of("answers", "bert-question-answering", new Head.QuestionAnswering(4, 10), questions(60)),
                Arguments.of("masked words", "bert-masked-lm", Heads.maskedLm(), labelled(Label.none(), Label.none())));
    }

    private static Dataset<Text> labelled(Label good, Label bad) {
        return Jobs.data(60, 1)
                .map(example -> new Example<>(example.input(), example.label().equals(Label.of("good")) ? good : bad));
    }

    /** Contexts of 3 to 30 words, some of them cut into several windows, so that most batches are padded. */
    private static Dataset<Question> questions(int count) {
        final SplittableRandom random = new SplittableRandom(7);
        final List<Example<Question>> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final List<String> words = new ArrayList<>();
            for (int j = random.nextInt(2, 30); j > 0; j--) {
                words.add(Jobs.FILLERS.get(random.nextInt(Jobs.FILLERS.size())));
            }
            words.add(random.nextInt(words.size() + 1), "great");
            final String context = String.join(" ", words);
            final Label.Answer answer = new Label.Answer("great", context.indexOf("great"));
            examples.add(new Example<>(new Question("the sound", context), new Label.Answers(List.of(answer))));
        }
        return Dataset.of(Question.class, examples);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("tasks")
    <I> void keepingThemAgreesWithComputingThemForEveryTask(String what, String model, Head head, Dataset<I> data) {
        final FineTuner tuner = FineTuner.from(Jobs.model(model))
                .head(head)
                .maxLength(24)
                .regularization(r -> r.dropout(0))
                .freeze(2)
                .lr(1e-3)
                .epochs(3);
        final Split<I> split = data.split(0.3, 5);
        try (FineTuned<I> keeping = tuner.fit(split.train(), split.validation());
                FineTuned<I> computing =
                        tuner.execution(e -> e.keepFrozenOutputs(false)).fit(split.train(), split.validation())) {
            assertAgree(keeping, computing);
        }
    }
}
