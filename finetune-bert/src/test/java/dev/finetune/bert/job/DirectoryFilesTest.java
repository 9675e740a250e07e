package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.bert.text.Tokenizer;
import dev.finetune.data.Question;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a model's directory says beside its weights is followed, or refused by the name of the file and the key. */
class DirectoryFilesTest {
    private static final String BERT = "bert-sequence-classification";

    @TempDir
    private Path folder;

    private Path with(Consumer<JsonObject> config) {
        return Checkpoints.configured(BERT, folder.resolve("model"), config);
    }

    private Path with(String file, String content) throws IOException {
        final Path model = with(config -> {});
        Files.writeString(model.resolve(file), content);
        return model;
    }

    private static AbstractThrowableAssert<?, ?> refused(ThrowingCallable call) {
        return assertThatThrownBy(call).isInstanceOf(FinetuneException.class);
    }

    @Test
    void aModelOfOneSegmentReadsTextsAndRefusesPairs() {
        for (String family : new String[] {BERT, "electra-sequence-classification"}) {
            final Path model = Checkpoints.configured(
                    family, folder.resolve(family), config -> config.addProperty("type_vocab_size", 1));
            // Random, since the checkpoint has two segments.
            final FineTuner tuner = FineTuner.from(model).seed(1).initialization(i -> i.randomWeights(true));
            try (FineTuned<Text> one = tuner.untrained(Text.class)) {
                assertThatCode(() -> one.predict(Text.of("the product"))).doesNotThrowAnyException();
                refused(() -> one.predict(Text.pair("the product", "works")))
                        .hasMessageContaining("one segment only")
                        .hasMessageContaining("type_vocab_size");
            }
            refused(() -> tuner.head(Heads.questionAnswering()).untrained(Question.class))
                    .hasMessageContaining("one segment only")
                    .hasMessageContaining("question");
        }
    }

    @Test
    void tokensWithoutEmbeddingsAreRefusedWhenTheModelIsPutTogether() throws IOException {
        final Path model = with("special_tokens_map.json", "{\"additional_special_tokens\": [\"[PAD]\", \"[E1]\"]}");
        assertThatCode(() -> FineTuner.from(model).untrained(Text.class).close())
                .doesNotThrowAnyException();
        final int tokens = Files.readAllLines(model.resolve("vocab.txt")).size();
        final Path small = Checkpoints.configured(
                BERT, folder.resolve("small"), config -> config.addProperty("vocab_size", tokens));
        final FineTuner tuner = FineTuner.from(small).initialization(i -> i.randomWeights(true));
        assertThatCode(() -> tuner.untrained(Text.class).close()).doesNotThrowAnyException();
        Files.copy(model.resolve("special_tokens_map.json"), small.resolve("special_tokens_map.json"));
        refused(() -> tuner.untrained(Text.class))
                .hasMessageContaining("[E1]")
                .hasMessageContaining("embeddings for " + tokens)
                .hasMessageContaining("resize_token_embeddings");
    }

    @ParameterizedTest
    @CsvSource({"pad_token_id,5000", "pad_token_id,-1", "max_position_embeddings,2", "type_vocab_size,-1"})
    void numbersThatNoModelCanHaveAreRefusedByName(String key, int number) {
        final Path model = with(config -> config.addProperty(key, number));
        refused(() -> FineTuner.from(model).untrained(Text.class))
                .hasMessageContaining(key)
                .hasMessageContaining(Integer.toString(number));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sentence_bert_config.json", "sentence_xlm-roberta_config.json"})
    void theMaximumLengthOfSentenceModelsIsFollowedAndKept(String name) throws IOException {
        final Path model = with(name, "{\"max_seq_length\": 6, \"do_lower_case\": false}");
        final Text longText = Text.of("the product works and the battery works and the screen works");
        final Text cut = Text.of("the product works and");
        try (FineTuned<Text> tuned = FineTuner.from(model).untrained(Text.class)) {
            assertThat(tuned.predict(longText).probabilities().toString())
                    .isEqualTo(tuned.predict(cut).probabilities().toString());
            tuned.save(folder.resolve("saved"));
        }
        try (FineTuned<Text> again = FineTuned.load(folder.resolve("saved"))) {
            assertThat(again.predict(longText).probabilities().toString())
                    .isEqualTo(again.predict(cut).probabilities().toString());
        }
        try (FineTuned<Text> wider = FineTuner.from(model).maxLength(32).untrained(Text.class)) {
            assertThat(wider.predict(longText).probabilities().toString())
                    .isNotEqualTo(wider.predict(cut).probabilities().toString());
        }
    }

    @Test
    void tokenTypesAreLeftOutWhereTheTokenizerIsSaidNotToGiveThem() throws IOException {
        final Path model = with("other.txt", "");
        final Text pair = Text.pair("the product", "works");
        final String told;
        try (FineTuned<Text> tuned = FineTuner.from(model).untrained(Text.class)) {
            told = tuned.predict(pair).probabilities().toString();
        }
        Files.writeString(
                model.resolve("tokenizer_config.json"),
                "{\"tokenizer_class\":\"BertTokenizer\",\"model_input_names\":[\"input_ids\",\"attention_mask\"]}");
        try (FineTuned<Text> tuned = FineTuner.from(model).untrained(Text.class)) {
            assertThat(tuned.predict(pair).probabilities().toString()).isNotEqualTo(told);
        }
    }

    @Test
    void aRobertaWithBertsTokenizerIsToldTokenTypes() throws IOException {
        final Path model = Checkpoints.configured(
                "roberta-sequence-classification",
                folder.resolve("roberta"),
                config -> config.addProperty("type_vocab_size", 2));
        final Path bert = Jobs.model(BERT);
        Files.copy(
                bert.resolve("tokenizer.json"), model.resolve("tokenizer.json"), StandardCopyOption.REPLACE_EXISTING);
        final List<String> predicted = new ArrayList<>();
        for (String more : List.of("", ", \"model_input_names\": [\"input_ids\", \"attention_mask\"]")) {
            Files.writeString(
                    model.resolve("tokenizer_config.json"),
                    "{\"tokenizer_class\": \"BertTokenizer\", \"do_lower_case\": true" + more + "}");
            // Random, since the checkpoint has one segment.
            try (FineTuned<Text> tuned = FineTuner.from(model)
                    .seed(1)
                    .initialization(i -> i.randomWeights(true))
                    .untrained(Text.class)) {
                predicted.add(tuned.predict(Text.pair("the product", "works"))
                        .probabilities()
                        .toString());
            }
        }
        assertThat(predicted.get(0)).isNotEqualTo(predicted.get(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PreTrainedTokenizerFast", "TokenizersBackend"})
    void aTokenizerThatIsTakenAsWrittenGivesTokenTypesOnlyWhereThatIsSaid(String name) throws IOException {
        final Path model = with(config -> {});
        final List<String> predicted = new ArrayList<>();
        for (String names : List.of(
                "",
                ", \"model_input_names\": [\"input_ids\", \"attention_mask\"]",
                ", \"model_input_names\": [\"input_ids\", \"token_type_ids\", \"attention_mask\"]")) {
            Files.writeString(
                    model.resolve("tokenizer_config.json"), "{\"tokenizer_class\": \"" + name + "\"" + names + "}");
            try (FineTuned<Text> tuned = FineTuner.from(model).untrained(Text.class)) {
                predicted.add(tuned.predict(Text.pair("the product", "works"))
                        .probabilities()
                        .toString());
            }
        }
        assertThat(predicted.get(0)).isEqualTo(predicted.get(1)).isNotEqualTo(predicted.get(2));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "tokenizer_config.json; {\"split_special_tokens\": true}; split_special_tokens",
                "tokenizer_config.json; {\"truncation_side\": \"left\"}; truncation_side",
                "tokenizer_config.json; {\"model_input_names\": [\"input_ids\"]}; attention_mask",
                "tokenizer_config.json; {\"auto_map\": {\"AutoTokenizer\": [\"tok.MyTokenizer\", null]}}; auto_map",
                "tokenizer_config.json; {\"do_lower_case\": false}; sentence_bert_config.json",
            })
    void settingsThatWouldChangeTheTokensAreRefusedByName(String file, String content, String word) throws IOException {
        final Path model = with(file, content);
        Files.writeString(model.resolve("sentence_bert_config.json"), "{\"do_lower_case\": true}");
        refused(() -> Tokenizer.open(model))
                .hasMessageContaining(model.toString())
                .hasMessageContaining(word);
    }

    @Test
    void aSideThatTokenizerJsonSaysIsRefusedUnlessTheSettingsSayOtherwise() throws IOException {
        final Path model = with(config -> {});
        final Path json = model.resolve("tokenizer.json");
        Files.writeString(
                json,
                Files.readString(json)
                        .replaceFirst(
                                "\"padding\":\\s*null",
                                "\"padding\": {\"strategy\": \"BatchLongest\", \"direction\": \"Left\", \"pad_id\": 0,"
                                        + " \"pad_type_id\": 0, \"pad_token\": \"[PAD]\", \"pad_to_multiple_of\": null}"));
        refused(() -> Tokenizer.open(model))
                .hasMessageContaining("tokenizer.json")
                .hasMessageContaining("padding_side");
        Files.writeString(model.resolve("tokenizer_config.json"), "{\"padding_side\": \"right\"}");
        assertThatCode(() -> Tokenizer.open(model).close()).doesNotThrowAnyException();
    }

    @Test
    void aVocabularyOfAnotherTokenizerIsRefusedByTheNameOfItsClass() throws IOException {
        final Path model = with(config -> config.addProperty("tokenizer_class", "BertJapaneseTokenizer"));
        Files.delete(model.resolve("tokenizer_config.json"));
        assertThatCode(() -> Tokenizer.open(model).close()).doesNotThrowAnyException(); // tokenizer.json says it all.
        Files.delete(model.resolve("tokenizer.json"));
        refused(() -> Tokenizer.open(model))
                .hasMessageContaining("BertJapaneseTokenizer")
                .hasMessageContaining("vocab.txt");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "config.json",
                "model.safetensors",
                "tokenizer.json",
                "tokenizer_config.json",
                "vocab.txt",
                "special_tokens_map.json",
                "sentence_bert_config.json"
            })
    void pointersAndWebPagesInAFilesPlaceAreNamed(String file) throws IOException {
        final Path model = with(file, "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 12\n");
        refused(() -> FineTuner.from(model).untrained(Text.class))
                .hasMessageContaining(file)
                .hasMessageContaining("Git LFS pointer");
        Files.writeString(model.resolve(file), "\n <!DOCTYPE html>\n<html><title>Sign in</title></html>");
        refused(() -> FineTuner.from(model).untrained(Text.class))
                .hasMessageContaining(file)
                .hasMessageContaining("web page");
    }

    @Test
    void whatIsComputedOtherwiseThanItsArchitectureIsRefusedByName() {
        for (String key : new String[] {"quantization_config", "auto_map"}) {
            final JsonObject value = new JsonObject();
            value.addProperty("AutoModel", "modeling_other.OtherModel");
            final Path model = Checkpoints.configured(BERT, folder.resolve(key), config -> config.add(key, value));
            refused(() -> FineTuner.from(model).untrained(Text.class))
                    .hasMessageContaining("config.json")
                    .hasMessageContaining(key);
        }
    }

    @Test
    void anAdapterBesideAWholeModelIsRefusedUnlessItIsAskedFor() throws IOException {
        final Path model = with(config -> {});
        for (String file : new String[] {"adapter_config.json", "adapter_model.safetensors"}) {
            Files.copy(EncoderAdaptersTest.ADAPTERS.resolve("bert").resolve(file), model.resolve(file));
        }
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                () -> FineTuned.load(model), () -> FineTuner.from(model).embedder(Pooling.MEAN))) {
            refused(call).hasMessageContaining("adapter_config.json").hasMessageContaining(".adapter(directory)");
        }
        assertThatCode(() -> FineTuner.from(model)
                        .adapter(model)
                        .embedder(Pooling.MEAN)
                        .close())
                .doesNotThrowAnyException();
        refused(() -> FineTuner.from(EncoderAdaptersTest.ADAPTERS.resolve("bert"))
                        .untrained(Text.class))
                .hasMessageContaining("holds an adapter")
                .hasMessageContaining("FineTuner.from(base)");
    }

    @Test
    void anEmbedderSaysInWhatItDiffersFromSentenceTransformers() throws IOException {
        final Path model = with("modules.json", """
                [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
                 {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]""");
        Files.createDirectory(model.resolve("1_Pooling"));
        final Path pooling = model.resolve("1_Pooling/config.json");
        Files.writeString(pooling, "{\"pooling_mode_cls_token\": false, \"pooling_mode_mean_tokens\": true}");
        assertThat(warnings(model, Pooling.MEAN)).isEmpty();
        assertThat(warnings(model, Pooling.CLS)).singleElement().asString().contains("pools by mean, not by cls");
        Files.writeString(pooling, "{\"pooling_mode\": \"cls\"}");
        assertThat(warnings(model, Pooling.CLS)).isEmpty();
        Files.writeString(
                model.resolve("modules.json"),
                Files.readString(model.resolve("modules.json")).replace("}]", """
                }, {"idx": 2, "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]"""));
        Files.writeString(
                model.resolve("config_sentence_transformers.json"),
                "{\"prompts\": {\"query\": \"query: \"}, \"default_prompt_name\": \"query\"}");
        assertThat(warnings(model, Pooling.CLS))
                .singleElement()
                .asString()
                .contains("Normalize", "puts \"query: \" before each text");
    }

    private static List<String> warnings(Path model, Pooling pooling) {
        try (FineTuned<Text> vectors =
                FineTuner.from(model).head(Heads.features(pooling)).untrained(Text.class)) {
            return vectors.provenance().warnings();
        }
    }

    @Test
    void aTiedOutputLayerIsFoundUnderEitherNameAndAsAnAlias() {
        final String words = "bert.embeddings.word_embeddings.weight";
        final String decoder = "cls.predictions.decoder.weight";
        final Text text = Text.of("the product works [MASK] the screen");
        final String expected = masked(Jobs.model("bert-masked-lm"), text);
        final Path renamed = Checkpoints.renamed(
                "bert-masked-lm", folder.resolve("renamed"), name -> Optional.of(name.equals(words) ? decoder : name));
        assertThat(masked(renamed, text)).isEqualTo(expected);
        final Path aliased = Checkpoints.renamed(
                "bert-masked-lm",
                folder.resolve("aliased"),
                name -> Optional.of(name.equals(words) ? "kept.weight" : name),
                Map.of(words, "kept.weight"));
        assertThat(masked(aliased, text)).isEqualTo(expected);
        final Path broken = Checkpoints.renamed(
                "bert-masked-lm",
                folder.resolve("broken"),
                name -> Optional.of(name.equals(words) ? decoder : name),
                Map.of(words, "kept.weight"));
        refused(() -> masked(broken, text))
                .hasMessageContaining(words)
                .hasMessageContaining("'kept.weight', which isn't there");
    }

    private static String masked(Path model, Text text) {
        try (FineTuned<Text> tuned = FineTuner.from(model).untrained(Text.class)) {
            return tuned.predict(text).toString();
        }
    }
}
