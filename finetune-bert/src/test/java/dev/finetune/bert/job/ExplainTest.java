package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Question;
import dev.finetune.data.Text;
import dev.finetune.data.Words;
import dev.finetune.error.FinetuneException;
import dev.finetune.explain.Attribution;
import dev.finetune.explain.Explain;
import dev.finetune.explain.ExplanationMethod;
import dev.finetune.explain.IntegratedGradients;
import dev.finetune.explain.NearestRows;
import dev.finetune.explain.Occlusion;
import dev.finetune.head.Heads;
import dev.finetune.head.Prediction;
import dev.finetune.nn.Parameter;
import dev.finetune.peft.Lora;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Which tokens moved a prediction, in whole jobs; the numbers are held by AttributionCasesTest. */
class ExplainTest {
    private static final Text TEXT = Text.of("the product is a waste of an hour");

    static Stream<ExplanationMethod<Attribution>> methods() {
        return Stream.of(
                Explain.integratedGradients().steps(8).atOnce(3),
                Explain.gradientTimesInput(),
                Explain.occlusion().atOnce(4),
                Explain.occlusion().byRemoval());
    }

    @Test
    void theWordThatTellsTheClassesApartMovesThePredictionMost() {
        try (FineTuned<Text> tuned = Jobs.classifier().epochs(12).fitAll(Jobs.data(160, 1))) {
            final List<Boolean> found = new ArrayList<>();
            for (Text text : Jobs.texts(24, 8)) {
                final Attribution why = tuned.explain(text, Explain.integratedGradients());
                assertThat(why.target()).isEqualTo(tuned.predict(text).label());
                // One of two classes may be what padding alone is taken for: then no word speaks for it.
                if (why.score() - why.baselineScore().orElseThrow() > 1) {
                    final String telling = text.text().contains("great") ? "great" : "waste";
                    found.add(why.topTokens(1).get(0).piece().equals(telling)
                            && tuned.explain(text, Explain.occlusion())
                                    .topTokens(1)
                                    .get(0)
                                    .piece()
                                    .equals(telling));
                }
            }
            assertThat(found).hasSizeGreaterThan(6);
            assertThat(found.stream().filter(right -> right).count()).isGreaterThan(found.size() * 3 / 4);
        }
    }

    @Test
    void attributionsAddUpToWhatTheScoreIsAboveThatOfPadding() {
        try (FineTuned<Text> model = Jobs.classifier().untrained(Text.class)) {
            final Attribution one =
                    model.explain(TEXT, Explain.integratedGradients().steps(1));
            final Attribution many = model.explain(TEXT, Explain.integratedGradients());

            assertThat(many.completenessError().orElseThrow()).isCloseTo(0, within(1e-5));
            assertThat(Math.abs(one.completenessError().orElseThrow()))
                    .isGreaterThan(Math.abs(many.completenessError().orElseThrow()));
            assertThat(many.sum()).isCloseTo(many.score() - many.baselineScore().orElseThrow(), within(1e-5));
            assertThat(model.explain(TEXT, Explain.occlusion()).completenessError())
                    .isEmpty();
        }
    }

    @Test
    void whereTextAndBaselineAreTheSameNothingIsAttributed() {
        try (FineTuned<Text> model = Jobs.classifier().untrained(Text.class)) {
            final Attribution why = model.explain(Text.of("great [PAD] sound"), Explain.integratedGradients());

            assertThat(why.tokens())
                    .filteredOn(token -> token.special() || token.piece().equals("[PAD]"))
                    .hasSize(3)
                    .allMatch(token -> token.attribution() == 0);
            assertThat(why.tokens())
                    .filteredOn(token -> List.of("great", "sound").contains(token.piece()))
                    .hasSize(2)
                    .noneMatch(token -> token.attribution() == 0);
        }
    }

    @ParameterizedTest
    @MethodSource("methods")
    void howManyPointsOrRowsAreComputedAtOnceChangesNothing(ExplanationMethod<Attribution> method) {
        try (FineTuned<Text> model = Jobs.classifier().untrained(Text.class)) {
            final Attribution some = model.explain(TEXT, method);
            final Attribution all = method instanceof IntegratedGradients path
                    ? model.explain(TEXT, path.atOnce(0))
                    : method instanceof Occlusion hiding
                            ? model.explain(TEXT, hiding.atOnce(0))
                            : model.explain(TEXT, method);
            for (int i = 0; i < all.tokens().size(); i++) {
                assertThat(some.tokens().get(i).attribution())
                        .isCloseTo(all.tokens().get(i).attribution(), within(1e-6));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("methods")
    void theModelIsLeftAsItIs(ExplanationMethod<Attribution> method) {
        try (FineTuned<Text> model =
                Jobs.classifier().freeze(1).lora(Lora.rank(2)).untrained(Text.class)) {
            final Map<String, float[]> weights = Jobs.weights(model);
            final Map<String, Boolean> trained = trained(model);
            final String before = model.predict(TEXT).probabilities().toString();

            model.explain(TEXT, method);

            assertThat(model.predict(TEXT).probabilities().toString()).isEqualTo(before);
            assertThat(trained(model)).isEqualTo(trained).containsValue(true).containsValue(false);
            assertThat(model.assembly().network().parameters())
                    .noneMatch(parameter -> parameter.value().grad().defined());
            Jobs.weights(model)
                    .forEach((name, values) -> assertThat(values).as(name).containsExactly(weights.get(name)));
        }
    }

    private static Map<String, Boolean> trained(FineTuned<?> model) {
        return model.assembly().network().parameters().stream()
                .collect(Collectors.toMap(
                        Parameter::name,
                        parameter -> parameter.isTrained() && parameter.value().requires_grad()));
    }

    @ParameterizedTest
    @MethodSource("methods")
    void noExplanationLeavesNativeObjectsBehind(ExplanationMethod<Attribution> method) {
        try (FineTuned<Text> model = Jobs.classifier().untrained(Text.class)) {
            model.explain(TEXT, method);
            final List<Long> counts = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                model.explain(TEXT, method);
                counts.add(Pointer.totalCount());
            }
            assertThat(counts).containsOnly(counts.get(0));
        }
    }

    @Test
    void manyThreadsExplainAndPredictAtOnce() throws Exception {
        try (FineTuned<Text> model = Jobs.classifier().untrained(Text.class)) {
            final List<Text> texts = Jobs.texts(16, 3);
            final ExplanationMethod<Attribution> method =
                    Explain.integratedGradients().steps(6);
            final List<String> predicted =
                    model.predict(texts).stream().map(Prediction::label).toList();
            final List<Double> sums = texts.stream()
                    .map(text -> model.explain(text, method).sum())
                    .toList();
            final ExecutorService threads = Executors.newFixedThreadPool(6);
            try {
                final List<Callable<Boolean>> tasks = new ArrayList<>();
                for (int i = 0; i < texts.size(); i++) {
                    final int row = i;
                    tasks.add(() ->
                            Math.abs(model.explain(texts.get(row), method).sum() - sums.get(row)) < 1e-5);
                    tasks.add(() -> model.predict(texts.get(row)).label().equals(predicted.get(row)));
                }
                for (Future<Boolean> done : threads.invokeAll(tasks)) {
                    assertThat(done.get()).isTrue();
                }
            } finally {
                threads.shutdownNow();
            }
        }
    }

    @Test
    void theOutputThatIsExplainedIsThePredictedOneOrOneThatIsSaid() {
        final FineTuner base =
                FineTuner.from(Jobs.model("bert-sequence-classification")).maxLength(32);
        try (FineTuned<Text> labels =
                        base.head(Heads.multiLabel("fast", "cheap", "loud")).untrained(Text.class);
                FineTuned<Text> numbers = base.head(Heads.regression(2)).untrained(Text.class);
                FineTuned<Text> number = base.head(Heads.regression()).untrained(Text.class)) {
            final Prediction said = labels.predict(TEXT);
            final String likeliest = said.probabilities().entrySet().stream()
                    .max(Map.Entry.comparingByValue())
                    .orElseThrow()
                    .getKey();
            assertThat(labels.explain(TEXT, Explain.integratedGradients()).target())
                    .isEqualTo(likeliest);
            final Attribution loud =
                    labels.explain(TEXT, Explain.integratedGradients().target("loud"));
            assertThat(loud.target()).isEqualTo("loud");
            assertThat(loud.score()).isCloseTo(said.logits().get(0)[2], within(1e-6));
            assertThatThrownBy(() -> labels.explain(TEXT, Explain.occlusion().target("quiet")))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("no output \"quiet\"")
                    .hasMessageContaining("[fast, cheap, loud]");

            assertThat(number.explain(TEXT, Explain.integratedGradients()).target())
                    .isEqualTo("output 0");
            assertThat(number.explain(TEXT, Explain.integratedGradients()).score())
                    .isCloseTo(number.predict(TEXT).value(), within(1e-6));
            assertThatThrownBy(() -> numbers.explain(TEXT, Explain.integratedGradients()))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("gives 2 numbers: say which");
            assertThat(numbers.explain(TEXT, Explain.gradientTimesInput().target(1))
                            .target())
                    .isEqualTo("output 1");
            assertThatThrownBy(() ->
                            numbers.explain(TEXT, Explain.gradientTimesInput().target(2)))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("there are 2, counted from 0");
        }
    }

    @Test
    void aClassThatAThresholdChoseIsTheOneThatIsExplained() {
        try (FineTuned<Text> model = Jobs.classifier().untrained(Text.class)) {
            final FineTuned<Text> other = model.tuneThresholds(Jobs.data(24, 2));
            for (Text text : Jobs.texts(8, 5)) {
                assertThat(other.explain(text, Explain.gradientTimesInput()).target())
                        .isEqualTo(other.predict(text).label());
            }
        }
    }

    @Test
    void headsThatSaySomethingOfEachWordAreRefused() {
        final FineTuner base =
                FineTuner.from(Jobs.model("bert-sequence-classification")).maxLength(32);
        try (FineTuned<Words> tagger = base.head(Heads.tokens("O", "B-X")).untrained(Words.class);
                FineTuned<Question> answering =
                        base.head(Heads.questionAnswering()).untrained(Question.class);
                FineTuned<Text> masked = base.head(Heads.maskedLm()).untrained(Text.class)) {
            assertThatThrownBy(() -> tagger.explain(Words.of("great"), Explain.integratedGradients()))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("(bert) can't be explained token by token: it reads Words");
            assertThatThrownBy(
                            () -> answering.explain(new Question("what", "the product"), Explain.integratedGradients()))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("it reads Question");
            assertThatThrownBy(() -> masked.explain(TEXT, Explain.occlusion()))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("MaskedEncoder");
        }
    }

    @Test
    void placesAreCountedInTheTextAsJavaCounts() {
        final String text = "the \uD83D\uDE00 price";
        try (FineTuned<Text> model = Jobs.classifier().untrained(Text.class)) {
            final Attribution why = model.explain(Text.pair(text, "great"), Explain.gradientTimesInput());
            final Attribution.Token price = why.tokens().stream()
                    .filter(token -> token.piece().equals("price"))
                    .findFirst()
                    .orElseThrow();

            assertThat(why.texts().get(price.text()).substring(price.start(), price.end()))
                    .isEqualTo("price");
            final Attribution.Token great = why.tokens().get(why.tokens().size() - 2);
            assertThat(why.texts().get(great.text()).substring(great.start(), great.end()))
                    .isEqualTo("great");
        }
    }

    @Test
    void rowsNearATextAreThoseThatTheModelSeesAlike() {
        try (FineTuned<Text> model = Jobs.classifier().untrained(Text.class);
                FineTuned<Words> tagger = FineTuner.from(Jobs.model("bert-sequence-classification"))
                        .head(Heads.tokens("O", "B-X"))
                        .untrained(Words.class)) {
            final List<Text> texts = Jobs.texts(12, 4);
            final List<NearestRows.Neighbour<Text>> nearest =
                    NearestRows.of(Jobs.data(12, 4), model::vectors).nearest(texts.get(5), 3);

            assertThat(nearest).hasSize(3);
            assertThat(nearest.get(0).row()).isEqualTo(6);
            assertThat(nearest.get(0).similarity()).isCloseTo(1, within(1e-6));
            assertThat(nearest.get(1).similarity()).isLessThan(1);
            assertThatThrownBy(() -> tagger.vectors(List.of(Words.of("great"))))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("head reads no vector of a whole input: it gives [logits]");
        }
    }

    @Test
    void anInterruptedThreadExplainsNothing() {
        try (FineTuned<Text> model = Jobs.classifier().untrained(Text.class)) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> model.explain(TEXT, Explain.integratedGradients()))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("interrupted");
            assertThat(Thread.interrupted()).isTrue();
        }
    }
}
