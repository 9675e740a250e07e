package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.data.Words;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.head.Prediction;
import dev.finetune.peft.Lora;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of a head that a checkpoint was saved with, under the one that is asked for. */
class SavedHeadsTest {
    private static final String MODEL = "bert-pair-classification";
    private static final Text TEXT = Text.of("the product arrived on time");

    /** Of TEXT, by Transformers 5.18 (BertForSequenceClassification in float32, softmax of its logits). */
    private static final double[] TRANSFORMERS = {0.4849, 0.5151};

    @TempDir
    private Path folder;

    private Path named(String model, String... labels) {
        return Checkpoints.configured(model, folder.resolve(model), config -> {
            final JsonObject byId = new JsonObject();
            for (int i = 0; i < labels.length; i++) {
                byId.addProperty(Integer.toString(i), labels[i]);
            }
            config.add("id2label", byId);
            config.remove("label2id");
        });
    }

    private static Dataset<Text> labelled(String... labels) {
        return Dataset.of(
                Text.class,
                IntStream.range(0, 12)
                        .mapToObj(i -> new Example<>(Text.of("great " + i), Label.of(labels[i % labels.length])))
                        .toList());
    }

    @Test
    void rowsFollowTheirNamesIntoAnotherOrder() {
        final FineTuner mood = FineTuner.from(named(MODEL, "POSITIVE", "NEGATIVE"));
        try (FineTuned<Text> own = mood.untrained(Text.class);
                FineTuned<Text> turned = mood.head("NEGATIVE", "POSITIVE").untrained(Text.class)) {
            assertThat(own.predict(TEXT).probability("POSITIVE")).isCloseTo(TRANSFORMERS[0], within(1e-4));
            assertThat(turned.labels()).containsExactly("NEGATIVE", "POSITIVE");
            assertThat(turned.predict(TEXT).probability("POSITIVE")).isCloseTo(TRANSFORMERS[0], within(1e-4));
            assertThat(turned.predict(TEXT).probability("NEGATIVE")).isCloseTo(TRANSFORMERS[1], within(1e-4));
            assertThat(turned.loadReport().newlyInitialized()).isEmpty();
            final Dataset<Text> truth = Dataset.of(
                    Text.class,
                    List.of(new Example<>(TEXT, Label.of(own.predict(TEXT).label()))));
            assertThat(turned.evaluate(truth).get("accuracy")).isEqualTo(1);
        }
    }

    @Test
    void tagsAndSeveralLabelsFollowTheirNamesToo() {
        final Words words = Words.of("the", "product", "arrived");
        final FineTuner tagger = FineTuner.from(named("bert-token-classification", "O", "B-A", "I-A", "B-B", "I-B"));
        try (FineTuned<Words> own = tagger.untrained(Words.class);
                FineTuned<Words> turned = tagger.head(Heads.tokens("I-B", "B-A", "O", "I-A", "B-B"))
                        .untrained(Words.class)) {
            assertThat(turned.predict(words, Prediction.Tags.class).tags())
                    .isEqualTo(own.predict(words, Prediction.Tags.class).tags());
            assertThat(turned.loadReport().newlyInitialized()).isEmpty();
        }
        final FineTuner topics = FineTuner.from(named("bert-multi-label", "a", "b", "c", "d", "e"));
        try (FineTuned<Text> own = topics.untrained(Text.class);
                FineTuned<Text> turned =
                        topics.head(Heads.multiLabel("e", "a", "d", "c", "b")).untrained(Text.class)) {
            own.predict(TEXT)
                    .probabilities()
                    .forEach((label, probability) ->
                            assertThat(turned.predict(TEXT).probability(label)).isCloseTo(probability, within(1e-6)));
        }
    }

    @Test
    void otherNamesOrAnotherKindOfHeadStartAnewUnlessTheHeadIsKept() {
        final FineTuner mood = FineTuner.from(named(MODEL, "POSITIVE", "NEGATIVE"));
        final String[] last = {"classifier.weight", "classifier.bias"};
        for (Head other : List.of(
                Heads.classes("ham", "spam"),
                Heads.classes("POSITIVE", "NEGATIVE", "NEUTRAL"),
                Heads.multiLabel("POSITIVE", "NEGATIVE"),
                Heads.regression(2))) {
            try (FineTuned<Text> anew = mood.head(other).untrained(Text.class)) {
                assertThat(anew.loadReport().newlyInitialized()).containsExactlyInAnyOrder(last);
                assertThat(anew.provenance().warnings())
                        .singleElement()
                        .asString()
                        .contains("POSITIVE, NEGATIVE", other.toString(), "starts anew", "keepHead(true)");
            }
        }
        try (FineTuned<Text> kept =
                mood.head("ham", "spam").initialization(i -> i.keepHead(true)).untrained(Text.class)) {
            assertThat(kept.predict(TEXT).probability("ham")).isCloseTo(TRANSFORMERS[0], within(1e-4));
            assertThat(kept.loadReport().newlyInitialized()).isEmpty();
        }
        assertThatThrownBy(() -> mood.head("a", "b", "c")
                        .initialization(i -> i.keepHead(true))
                        .untrained(Text.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("keepHead(true)", "2 classes", "3 classes");
    }

    @Test
    void aNumberOfClassesIsFreshUnlessTheDataHasTheNamesOfTheSavedOnes() {
        final FineTuner mood =
                FineTuner.from(named(MODEL, "POSITIVE", "NEGATIVE")).head(2);
        try (FineTuned<Text> fresh = mood.untrained(labelled("ham", "spam"));
                FineTuned<Text> same = mood.untrained(labelled("NEGATIVE", "POSITIVE"))) {
            assertThat(fresh.labels()).containsExactly("ham", "spam");
            assertThat(fresh.loadReport().newlyInitialized()).contains("classifier.weight");
            assertThat(same.loadReport().newlyInitialized()).isEmpty();
            assertThat(same.predict(TEXT).probability("POSITIVE")).isCloseTo(TRANSFORMERS[0], within(1e-4));
        }
        try (FineTuned<Text> fitted = mood.lr(1e-9).epochs(1).fit(labelled("ham", "spam"), labelled("ham", "spam"))) {
            assertThat(fitted.loadReport().newlyInitialized()).contains("classifier.weight");
        }
    }

    @Test
    void decisionsFollowTheirLabels() {
        final Path saved = folder.resolve("saved");
        try (FineTuned<Text> tuned = Jobs.classifier().epochs(2).fitAll(Jobs.data(40, 1))) {
            tuned.tuneThresholds(Jobs.data(20, 2)).save(saved);
        }
        try (FineTuned<Text> own = FineTuned.load(saved);
                FineTuned<Text> turned =
                        FineTuner.from(saved).head("good", "bad").maxLength(32).untrained(Text.class);
                FineTuned<Text> other =
                        FineTuner.from(saved).head("x", "y").maxLength(32).untrained(Text.class)) {
            final double threshold = own.calibration().thresholds().get(0);
            assertThat(turned.calibration().thresholds()).containsExactly(1 - threshold);
            for (Text text : Jobs.texts(20, 3)) {
                assertThat(turned.predict(text).label())
                        .isEqualTo(own.predict(text).label());
            }
            assertThat(other.calibration().isNone()).isTrue();
        }
    }

    @Test
    void anAdapterKnowsTheNamesOfItsHead() {
        final Path adapter = folder.resolve("adapter");
        final Map<String, Double> trained;
        try (FineTuned<Text> tuned =
                Jobs.classifier().lora(Lora.rank(2)).lr(1e-2).epochs(2).fitAll(Jobs.data(32, 1))) {
            trained = tuned.predict(TEXT).probabilities();
            tuned.saveAdapter(adapter);
        }
        final FineTuner base = FineTuner.from(Jobs.model("bert-sequence-classification"))
                .maxLength(32)
                .adapter(adapter);
        try (FineTuned<Text> own = base.untrained(Text.class);
                FineTuned<Text> turned = base.head("good", "bad").untrained(Text.class);
                FineTuned<Text> kept = base.head("x", "y")
                        .initialization(i -> i.keepHead(true))
                        .untrained(Text.class);
                FineTuned<Text> other = base.head("x", "y").untrained(Text.class)) {
            assertThat(own.labels()).containsExactly("bad", "good");
            assertThat(own.predict(TEXT).probability("good")).isCloseTo(trained.get("good"), within(1e-5));
            assertThat(turned.predict(TEXT).probability("good")).isCloseTo(trained.get("good"), within(1e-5));
            assertThat(kept.predict(TEXT).probability("y")).isCloseTo(trained.get("good"), within(1e-5));
            assertThat(other.provenance().warnings()).anyMatch(warning -> warning.contains("starts anew"));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "three | {\"0\": \"a\", \"1\": \"b\", \"2\": \"c\"} | [2, 48]",
                "one | {\"0\": \"a\"} | [2, 48]",
                "gap | {\"0\": \"a\", \"2\": \"c\"} | from 0 to 1 without gaps",
                "from one | {\"1\": \"a\", \"2\": \"c\"} | from 0 to 1 without gaps",
                "twice | {\"0\": \"a\", \"1\": \"a\"} | the same name",
                "no number | {\"zero\": \"a\", \"1\": \"b\"} | an object from ids to names",
            })
    void labelsThatDoNotFitTheClassifiersRowsAreRefused(String name, String labels, String expected) {
        final Path model = Checkpoints.configured(
                MODEL, folder.resolve("model"), config -> config.add("id2label", JsonParser.parseString(labels)));
        assertThatThrownBy(() -> FineTuned.load(model))
                .as(name)
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("config.json", "id2label", expected);
    }

    @Test
    void aNumberOfLabelsWithoutNamesIsEnough() {
        final Path model = Checkpoints.configured("bert-sequence-classification", folder.resolve("model"), config -> {
            config.remove("id2label");
            config.remove("label2id");
            config.addProperty("num_labels", 3);
        });
        try (FineTuned<Text> loaded = FineTuned.load(model)) {
            assertThat(loaded.labels()).containsExactly("LABEL_0", "LABEL_1", "LABEL_2");
            assertThat(loaded.loadReport().newlyInitialized()).isEmpty();
        }
    }

    @Test
    void aClassifierThatConfigJsonPromisesAndTheWeightsLackIsRefusedUnlessANewOneIsAskedFor() {
        final Path lacking = Checkpoints.renamed(
                MODEL,
                folder.resolve("lacking"),
                name -> name.startsWith("classifier") ? Optional.empty() : Optional.of(name));
        assertThatThrownBy(() -> FineTuned.load(lacking))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("lacks classifier.weight", "say head(...)");
        try (FineTuned<Text> anew = FineTuner.from(lacking).head("a", "b").untrained(Text.class)) {
            assertThat(anew.loadReport().newlyInitialized()).contains("classifier.weight");
        }
    }

    @Test
    void labelledDataAndNoHeadOverAMaskedLanguageModelIsRefusedWithWhatToWrite() {
        final FineTuner language = FineTuner.from(Jobs.model("bert-masked-lm"));
        for (Runnable training : List.<Runnable>of(
                () -> language.fit(Jobs.data(20, 1)),
                () -> language.fitAll(Jobs.data(20, 1)),
                () -> language.crossValidate(Jobs.data(20, 1), 2),
                () -> language.findLearningRate(Jobs.data(20, 1)))) {
            assertThatThrownBy(training::run)
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContainingAll("one class each", "masked", "say head(...)");
        }
        language.epochs(1).fitAll(Jobs.unlabelled(16, 1)).close();
    }

    @Test
    void dataOfOneClassIsToldAsThat() {
        assertThatThrownBy(() -> Jobs.classifier().head(2).fitAll(labelled("yes")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("\"yes\"")
                .hasMessageNotContaining("Use head(2)");
        assertThatThrownBy(() -> Heads.forLabels(labelled("yes")))
                .hasMessageContainingAll("\"yes\"", "nothing to tell apart");
    }

    @Test
    void aLabelThatTheHeadDoesNotKnowIsToldWithTheHeadToWrite() {
        assertThatThrownBy(() -> Jobs.classifier().head("bad", "fine").fitAll(Jobs.data(8, 1)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("\"good\"", "bad", "fine", "train a head for all labels: head(");
    }
}
