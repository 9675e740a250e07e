package dev.finetune.lm.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.generate.Generated;
import dev.finetune.generate.Generation;
import dev.finetune.golden.GoldenFolders;
import dev.finetune.internal.JsonFile;
import dev.finetune.train.DeviceChoice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What published checkpoints are like and small ones usually aren't; expectations are of Transformers 5.18. */
class PublishedWaysTest {
    private static final Text PROMPT = Text.of("the product arrived on");

    @TempDir
    Path folder;

    private Path copy(String golden) throws IOException {
        final Path to = Files.createDirectories(folder.resolve(golden));
        try (Stream<Path> files = Files.list(GoldenFolders.all().get(golden).resolve("model"))) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
        return to;
    }

    private static void change(Path file, Consumer<JsonObject> change) throws IOException {
        final JsonObject json = JsonFile.object(file);
        change.accept(json);
        Files.writeString(file, json.toString());
    }

    private static FineTuned<Text> open(Path model) {
        return FineTuner.from(model).device(DeviceChoice.CPU).untrained(Text.class);
    }

    private static void addToken(JsonObject tokenizer, String text, int id, boolean special) {
        final JsonObject token = new JsonObject();
        token.addProperty("id", id);
        token.addProperty("content", text);
        List.of("single_word", "lstrip", "rstrip", "normalized").forEach(flag -> token.addProperty(flag, false));
        token.addProperty("special", special);
        tokenizer.getAsJsonArray("added_tokens").add(token);
    }

    /** As Gemma 3 of 1 thousand million has a picture's place, and BART that summarises a mask. */
    @ParameterizedTest
    @ValueSource(strings = {"gemma3-causal-lm", "bart-summarization"})
    void aSpecialTokenBeyondTheEmbeddingsIsRefusedWhereATextHoldsItAndNotBefore(String golden) throws IOException {
        final Path model = copy(golden);
        final int rows =
                JsonFile.object(model.resolve("config.json")).get("vocab_size").getAsInt();
        change(model.resolve("tokenizer.json"), tokenizer -> addToken(tokenizer, "<picture>", rows, true));
        final Generation short_ = Generation.greedy().maxNewTokens(3);
        try (FineTuned<Text> opened = open(model)) {
            assertThat(opened.generate(PROMPT, short_).ids()).isNotEmpty();
            assertThatThrownBy(() -> opened.generate(Text.of("a <picture> of it"), short_))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContainingAll("<picture>", "a <picture> of it", Integer.toString(rows), "vocab_size");
        }
    }

    @Test
    void anotherTokenBeyondTheEmbeddingsIsRefusedAtOnce() throws IOException {
        final Path model = copy("gemma3-causal-lm");
        final int rows =
                JsonFile.object(model.resolve("config.json")).get("vocab_size").getAsInt();
        change(model.resolve("tokenizer.json"), tokenizer -> addToken(tokenizer, "parcel", rows, false));
        assertThatThrownBy(() -> open(model))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("parcel", "resize_token_embeddings");
    }

    @Test
    void rotaryPositionsGoOnBeyondThoseThatAModelWasTrainedOn() throws IOException {
        final Path model = copy("llama-causal-lm");
        try (FineTuned<Text> opened = open(model)) {
            final Generated text = opened.generate(PROMPT, Generation.greedy().maxNewTokens(80));
            // 13 tokens and 80 new ones; max_position_embeddings is 64.
            assertThat(text.ids()).hasSize(80).startsWith(94, 335, 168, 305, 305, 305, 23, 295, 23);
            assertThat(text.ids().subList(28, 36)).containsExactly(268, 37, 141, 305, 166, 141, 305, 166);
            assertThat(text.ids().subList(72, 80)).containsExactly(305, 141, 305, 141, 305, 141, 305, 141);
        }
        assertThatCode(() -> FineTuner.from(model)
                        .maxLength(100)
                        .untrained(Text.class)
                        .close())
                .doesNotThrowAnyException();
    }

    @Test
    void whereNobodySaysHowLongATextMayBecomeItEndsWherePositionsDo() throws IOException {
        final Path model = copy("gpt2-causal-lm");
        try (FineTuned<Text> opened = open(model)) {
            final Text prompt = Text.of(String.join("", Collections.nCopies(57, " the")));
            // n_positions is 64.
            assertThat(opened.generate(prompt, Generation.asTheModel()).ids())
                    .containsExactly(110, 110, 110, 110, 110, 240, 240);
            assertThat(opened.generate(List.of(prompt, PROMPT), Generation.asTheModel()))
                    .extracting(text -> text.ids().size())
                    .containsExactly(7, 7);
            assertThatThrownBy(() ->
                            opened.generate(prompt, Generation.asTheModel().maxNewTokens(20)))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContainingAll("57 tokens", "20 new ones", "64");
        }
    }

    /** Nothing is learned here: of random weights a text is made that holds the token. */
    @Test
    void aTextStopsAtAStringThatIsASpecialToken() throws IOException {
        final Path model = copy("llama-causal-lm");
        final Generation settings = Generation.greedy().maxNewTokens(12);
        final int second;
        try (FineTuned<Text> opened = open(model)) {
            second = opened.generate(PROMPT, settings).ids().get(1);
        }
        change(model.resolve("tokenizer.json"), tokenizer -> {
            final JsonObject vocabulary = tokenizer.getAsJsonObject("model").getAsJsonObject("vocab");
            final String name = vocabulary.entrySet().stream()
                    .filter(each -> each.getValue().getAsInt() == second)
                    .findFirst()
                    .orElseThrow()
                    .getKey();
            addToken(tokenizer, name, second, true);
        });
        try (FineTuned<Text> opened = open(model)) {
            final String name = opened.generate(PROMPT, settings).text();
            assertThat(name).isNotEmpty();
            final Generated stopped = opened.generate(PROMPT, settings.stopAt(special(model, second)));
            assertThat(stopped.ids()).hasSize(2);
        }
    }

    private static String special(Path model, int id) throws IOException {
        return JsonFile.object(model.resolve("tokenizer.json")).getAsJsonArray("added_tokens").asList().stream()
                .map(token -> token.getAsJsonObject())
                .filter(token -> token.get("id").getAsInt() == id)
                .findFirst()
                .orElseThrow()
                .get("content")
                .getAsString();
    }

    @Test
    void whatTheModelsFileAsksForAtLeastMayBeMoreThanTheCallAllows() throws IOException {
        final Path model = copy("t5-summarization");
        change(model.resolve("generation_config.json"), config -> {
            config.addProperty("min_length", 56);
            config.addProperty("max_length", 142);
        });
        try (FineTuned<Text> opened = open(model)) {
            assertThat(opened.generate(PROMPT, Generation.greedy().maxLength(10))
                            .ids())
                    .hasSize(9);
        }
        assertThatThrownBy(() -> Generation.greedy().minLength(20).maxLength(10))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("can't both be");
    }

    @Test
    void whatChanceDecidesDependsOnAnInputsPlaceInTheCallAndNotInItsBatch() throws IOException {
        try (FineTuned<Text> opened = open(copy("t5-summarization"))) {
            final Generation settings =
                    Generation.sampled().temperature(2.0).maxNewTokens(12).seed(3);
            final List<Generated> texts = opened.generate(Collections.nCopies(40, PROMPT), settings);
            assertThat(texts.stream().map(Generated::ids).distinct().count()).isGreaterThan(30);
            assertThat(opened.generate(Collections.nCopies(3, PROMPT), settings))
                    .extracting(Generated::ids)
                    .isEqualTo(texts.subList(0, 3).stream().map(Generated::ids).toList());
        }
    }

    @Test
    void settingsOfGpt2AreReadUnderTheOtherNamesThatTransformersKnows() throws IOException {
        final Path model = copy("gpt2-causal-lm");
        final List<Integer> expected;
        try (FineTuned<Text> opened = open(model)) {
            expected =
                    opened.generate(PROMPT, Generation.greedy().maxNewTokens(8)).ids();
        }
        change(model.resolve("config.json"), config -> {
            config.add("max_position_embeddings", config.remove("n_positions"));
            config.add("hidden_size", config.remove("n_embd"));
            config.add("num_attention_heads", config.remove("n_head"));
            config.add("num_hidden_layers", config.remove("n_layer"));
        });
        try (FineTuned<Text> opened = open(model)) {
            assertThat(opened.generate(PROMPT, Generation.greedy().maxNewTokens(8))
                            .ids())
                    .isEqualTo(expected);
        }
        change(model.resolve("config.json"), config -> config.addProperty("n_layer", 3));
        assertThatThrownBy(() -> open(model))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("num_hidden_layers", "n_layer");
    }

    /** The tokenizer puts a token at the end that is its padding, too: what the classifier reads is that token, as no padding is named. */
    @Test
    void aClassifierWithoutPaddingReadsTheLastTokenWhicheverItIs() throws IOException {
        final Path padded = copy("gpt2-sequence-classification");
        final Text ended = Text.of("the product arrived<|endoftext|>");
        final List<Double> passedOver;
        try (FineTuned<Text> opened = open(padded)) {
            passedOver = probabilities(opened, ended);
            assertThat(passedOver).isEqualTo(probabilities(opened, Text.of("the product arrived")));
        }
        change(padded.resolve("config.json"), config -> config.add("pad_token_id", JsonNull.INSTANCE));
        final Path saved = folder.resolve("saved");
        final List<Double> read;
        try (FineTuned<Text> opened = open(padded)) {
            read = probabilities(opened, ended);
            assertThat(read).isNotEqualTo(passedOver);
            assertThat(opened.predict(List.of(ended, Text.of("great sound , weak bass , fair price")))
                            .get(0)
                            .probabilities()
                            .values())
                    .usingElementComparator((a, b) -> Math.abs(a - b) < 1e-6 ? 0 : 1)
                    .containsExactlyElementsOf(read);
            opened.save(saved);
        }
        try (FineTuned<Text> opened = FineTuned.load(saved, Text.class)) {
            assertThat(probabilities(opened, ended)).isEqualTo(read);
        }
    }

    /** As tokenizers that were saved with add_eos_token; the same is learned as where we end texts. */
    @Test
    void aCompletionThatTheTokenizerItselfEndsIsEndedOnceAndLearnsToEnd() throws IOException {
        final Dataset<Text> data = Dataset.of(
                Text.class,
                List.of(
                        new Example<>(Text.of("the product arrived"), Label.completion(" on time")),
                        new Example<>(Text.of("great sound"), Label.completion(" , weak bass"))));
        final Path model = copy("llama-causal-lm");
        final double expected;
        try (FineTuned<Text> opened = open(model)) {
            expected = opened.evaluate(data).get("loss");
        }
        change(model.resolve("tokenizer.json"), tokenizer -> {
            tokenizer.add(
                    "post_processor",
                    JsonParser.parseString("{\"type\":\"TemplateProcessing\",\"single\":[{\"Sequence\":{\"id\":\"A\","
                            + "\"type_id\":0}},{\"SpecialToken\":{\"id\":\"</s>\",\"type_id\":0}}],\"pair\":[{\"Sequence\":"
                            + "{\"id\":\"A\",\"type_id\":0}},{\"Sequence\":{\"id\":\"B\",\"type_id\":1}}],"
                            + "\"special_tokens\":{\"</s>\":{\"id\":\"</s>\",\"ids\":[2],\"tokens\":[\"</s>\"]}}}"));
        });
        try (FineTuned<Text> opened = open(model)) {
            assertThat(opened.evaluate(data).get("loss")).isEqualTo(expected);
        }
    }

    private static List<Double> probabilities(FineTuned<Text> model, Text text) {
        return List.copyOf(model.predict(text).probabilities().values());
    }
}
