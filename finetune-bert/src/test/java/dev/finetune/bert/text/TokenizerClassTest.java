package dev.finetune.bert.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What settings mean follows from the tokenizer's class, which may follow from the model's type. The ids are those that
 * AutoTokenizer of Transformers 5.18 gave for the same directories.
 */
class TokenizerClassTest {
    private static final String CAFE = "The CAFÉ café works";
    private static final int[] LOWERED = {2, 59, 11, 36, 49, 34, 11, 36, 49, 34, 266, 3};
    private static final int[] AS_IT_IS = {2, 1, 1, 1, 266, 3};

    @TempDir
    private Path folder;

    private static JsonObject bert(boolean lower) {
        final JsonObject json = Fixtures.json(Fixtures.bertModel().resolve("tokenizer.json"));
        json.getAsJsonObject("normalizer").addProperty("lowercase", lower);
        return json;
    }

    private Path model(JsonObject tokenizer, String config, String settings) throws IOException {
        final Path model = Files.createTempDirectory(folder, "model");
        Files.writeString(model.resolve("tokenizer.json"), tokenizer.toString());
        if (!config.isEmpty()) {
            Files.writeString(model.resolve("config.json"), config);
        }
        if (!settings.isEmpty()) {
            Files.writeString(model.resolve("tokenizer_config.json"), settings);
        }
        return model;
    }

    private static int[] ids(Path model, String text) {
        try (Tokenizer tokenizer = Tokenizer.open(model)) {
            return tokenizer.encode(List.of(Text.of(text)), 64).get(0).ids();
        }
    }

    private static String type(String type) {
        return "{\"model_type\": \"" + type + "\"}";
    }

    private static String named(String name) {
        return "{\"tokenizer_class\": \"" + name + "\"}";
    }

    @Test
    void bertsTokenizerLowersWhereNothingIsSaidWhateverIsWritten() throws IOException {
        for (String type : List.of("bert", "distilbert", "electra")) {
            assertThat(ids(model(bert(false), type(type), ""), CAFE)).isEqualTo(LOWERED);
        }
        for (String name : List.of("BertTokenizer", "BertTokenizerFast", "DistilBertTokenizer", "ElectraTokenizer")) {
            assertThat(ids(model(bert(false), type("bert"), named(name)), CAFE)).isEqualTo(LOWERED);
        }
        final String keeps = "{\"tokenizer_class\": \"BertTokenizer\", \"do_lower_case\": false}";
        assertThat(ids(model(bert(true), type("bert"), keeps), CAFE)).isEqualTo(AS_IT_IS);
    }

    @Test
    void whatIsSavedKeepsTheCaseThatItWasOpenedWith() throws IOException {
        final Path model = model(bert(false), type("bert"), "");
        try (Tokenizer tokenizer = Tokenizer.open(model)) {
            tokenizer.save(model.resolve("saved"));
        }
        assertThat(ids(model.resolve("saved"), CAFE)).isEqualTo(LOWERED);
    }

    @Test
    void withoutAClassOrATypeTokenizerJsonIsFollowed() throws IOException {
        assertThat(ids(model(bert(false), "", ""), CAFE)).isEqualTo(AS_IT_IS);
        assertThat(ids(model(bert(true), "", ""), CAFE)).isEqualTo(LOWERED);
    }

    @Test
    void settingsSayNothingWhereTransformersTakesTokenizerJsonAsItIs() throws IOException {
        final String fast = "{\"tokenizer_class\": \"PreTrainedTokenizerFast\", \"do_lower_case\": true}";
        assertThat(ids(model(bert(false), type("bert"), fast), CAFE)).isEqualTo(AS_IT_IS);
        final String bert = "{\"tokenizer_class\": \"BertTokenizer\", \"do_lower_case\": true}";
        assertThat(ids(model(bert(false), type("modernbert"), bert), CAFE)).isEqualTo(AS_IT_IS);
        final JsonObject spaced = roberta(true);
        final String without = "{\"tokenizer_class\": \"GPT2Tokenizer\", \"add_prefix_space\": false}";
        assertThat(ids(model(spaced, type("modernbert"), without), CAFE)).isEqualTo(ids(model(spaced, "", ""), CAFE));
    }

    private static JsonObject roberta(boolean prefix) {
        final JsonObject json = Fixtures.json(Fixtures.robertaModel().resolve("tokenizer.json"));
        json.getAsJsonObject("pre_tokenizer").addProperty("add_prefix_space", prefix);
        return json;
    }

    @Test
    void robertasTokenizerAddsNoSpaceWhereNothingIsSaid() throws IOException {
        final int[] plain = {0, 56, 267, 225, 39, 37, 42, 132, 236, 225, 71, 69, 74, 132, 107, 264, 310, 355, 2};
        assertThat(ids(model(roberta(true), type("roberta"), ""), CAFE)).isEqualTo(plain);
        assertThat(ids(model(roberta(true), type("roberta"), named("RobertaTokenizer")), CAFE))
                .isEqualTo(plain);
        final String spaced = "{\"tokenizer_class\": \"RobertaTokenizer\", \"add_prefix_space\": true}";
        assertThat(ids(model(roberta(false), type("roberta"), spaced), CAFE)).startsWith(0, 225, 56);
    }

    private void assertRefused(JsonObject tokenizer, String type, String settings, String... words) throws IOException {
        final Path model = model(tokenizer, type(type), settings);
        assertThatThrownBy(() -> ids(model, CAFE))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(words);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "normalizer | null | BertNormalizer",
                "normalizer | {\"type\": \"NFKC\"} | BertNormalizer",
                "normalizer | {\"type\": \"BertNormalizer\", \"clean_text\": false, \"handle_chinese_chars\":"
                        + " true, \"strip_accents\": null, \"lowercase\": true} | clean_text",
                "pre_tokenizer | {\"type\": \"WhitespaceSplit\"} | BertPreTokenizer",
                "post_processor | null | cls_token"
            })
    void aWordPieceTokenizerThatBertsClassWouldNotMakeIsRefusedUnlessItIsToBeTakenAsWritten(
            String part, String written, String word) throws IOException {
        final JsonObject json = bert(true);
        json.add(part, JsonParser.parseString(written));
        assertRefused(json, "bert", "", word, part, "PreTrainedTokenizerFast");
        assertThat(ids(model(json, type("bert"), named("PreTrainedTokenizerFast")), CAFE))
                .isNotEmpty();
    }

    @Test
    void whatTheModelSaysMustBeWhatTheClassSays() throws IOException {
        final JsonObject longer = bert(true);
        longer.getAsJsonObject("model").addProperty("max_input_chars_per_word", 4);
        assertRefused(longer, "bert", "", "max_input_chars_per_word");
        assertRefused(bert(true), "bert", "{\"unk_token\": \"[MASK]\"}", "unk_token", "[MASK]");
        assertRefused(
                bert(true),
                "bert",
                "{\"cls_token\": \"[SEP]\", \"sep_token\": \"[CLS]\"}",
                "cls_token",
                "[SEP]",
                "[CLS]");
        assertRefused(roberta(false), "roberta", "{\"sep_token\": \"<s>\"}", "sep_token", "</s>");
        final JsonObject normed = roberta(false);
        normed.add("normalizer", JsonParser.parseString("{\"type\": \"NFC\"}"));
        assertRefused(normed, "roberta", "", "normalizer", "PreTrainedTokenizerFast");
        normed.add("normalizer", JsonNull.INSTANCE);
        assertThat(ids(model(normed, type("roberta"), ""), CAFE)).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "albert, do_lower_case",
        "albert, keep_accents",
        "deberta-v2, do_lower_case",
        "deberta-v2, split_by_punct"
    })
    void aSettingThatTheStepsContradictIsRefused(String family, String key) throws IOException {
        final Path golden = Fixtures.resource("/golden/" + family + "-sequence-classification/model");
        final JsonObject tokenizer = Fixtures.json(golden.resolve("tokenizer.json"));
        final JsonObject settings = Fixtures.json(golden.resolve("tokenizer_config.json"));
        assertThat(ids(model(tokenizer, type(family), settings.toString()), CAFE))
                .isNotEmpty();
        final boolean said = settings.has(key) && settings.get(key).getAsBoolean();
        settings.addProperty(key, !said);
        assertRefused(tokenizer, family, settings.toString(), key, "tokenizer_config.json");
    }

    @Test
    void blanksBehindATokenOfAVocabularyAreNoPartOfIt() throws IOException {
        final Path model = Files.createDirectory(folder.resolve("bare"));
        Files.writeString(
                model.resolve("vocab.txt"),
                "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nworks \nthe\t\r\ncat\u00a0\nx\u3000\n\ndog");
        assertThat(ids(model, "the cat works x dog")).containsExactly(2, 6, 7, 5, 8, 10, 3);
    }
}
