package dev.finetune.bert.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.bert.text.definition.TestCharsmap;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Pipe;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Definitions with which the native library ends the process, or takes time or memory without end: each is refused by name
 * before the library sees it. A case that isn't refused ends the test's own process.
 */
class HostileTokenizerTest {
    @TempDir
    private Path model;

    @ParameterizedTest
    @ValueSource(strings = {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"})
    @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void pipesAreRefusedAsWhateverFile(String name) throws IOException {
        Pipe.make(model.resolve(name));

        assertThatThrownBy(() -> Tokenizer.open(model))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(name + " is a pipe, a device or a socket");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "normalizer ~ {'type':'Precompiled','precompiled_charsmap':'AAAA'} ~ normalizer.precompiled_charsmap",
                "normalizer ~ {'type':'Precompiled','precompiled_charsmap':'!'} ~ is not base64",
                "normalizer ~ {'type':'Replace','pattern':{'String':''},'content':'x'} ~ is found everywhere",
                "normalizer ~ {'type':'Replace','pattern':{'Regex':'(a+)+b'},'content':'x'} ~ time without end",
                "normalizer ~ {'type':'Replace','pattern':{'Regex':'x*'},'content':'y'} ~ may find nothing",
                "normalizer ~ {'type':'Prepend','prepend':''} ~ nothing would be put before",
                "normalizer ~ {'type':'Unheard'} ~ no such normalizer",
                "normalizer ~ {'type':'Sequence','normalizers':[{'type':'ByteLevel'},{'type':'ByteLevel'}]} ~ second ByteLevel",
                "normalizer ~ {'precompiled_charsmap':'AAAA'} ~ normalizer.type",
                "pre_tokenizer ~ {'type':'FixedLength','length':0} ~ at least 1 character",
                "pre_tokenizer ~ {'type':'Split','pattern':{'Regex':'(a|a)*b|(a+)+$'},'behavior':'Isolated','invert':false} ~ time without end",
                "pre_tokenizer ~ {'type':'Split','pattern':{'Regex':'(a)\\\\1'},'behavior':'Isolated','invert':false} ~ don't use",
                "pre_tokenizer ~ {'type':'Delimiter','delimiter':'ab'} ~ expected one character",
                "post_processor ~ {'type':'BertProcessing','sep':['[SEP]',4294967296],'cls':['[CLS]',2]} ~ whole number",
                "post_processor ~ {'type':'BertProcessing','sep':['[SEP]',900000],'cls':['[CLS]',2]} ~ vocabulary's largest",
                "post_processor ~ {'type':'TemplateProcessing','single':[{'Sequence':{'id':'B','type_id':0}}],'pair':[],'special_tokens':{}} ~ the first text 0 times",
                "post_processor ~ {'type':'TemplateProcessing','single':[{'SpecialToken':{'id':'[X]','type_id':0}}],'pair':[],'special_tokens':{}} ~ no such token",
            })
    void componentsThatWouldEndTheProcessAreRefused(String key, String component, String why) throws IOException {
        JsonObject definition = bert();
        definition.add(key, JsonParser.parseString(component.replace('\'', '"')));

        assertRefused(definition, why);
    }

    @Test
    void aSecondTemplateIsRefused() throws IOException {
        JsonObject definition = bert();
        JsonElement template = definition.get("post_processor");
        JsonObject sequence = JsonParser.parseString("{\"type\":\"Sequence\",\"processors\":[]}")
                .getAsJsonObject();
        sequence.getAsJsonArray("processors").add(template);
        sequence.getAsJsonArray("processors").add(template.deepCopy());
        definition.add("post_processor", sequence);

        assertRefused(definition, "second template");
    }

    @Test
    void growthWithoutMeasureIsRefused() throws IOException {
        JsonObject definition = bert();
        String doubling = "{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},\"content\":\"aa\"}";
        definition.add(
                "normalizer",
                JsonParser.parseString("{\"type\":\"Sequence\",\"normalizers\":["
                        + String.join(",", java.util.Collections.nCopies(40, doubling)) + "]}"));

        assertRefused(definition, "times as long");
    }

    @ParameterizedTest
    @CsvSource({"1000000000, below 1000000", "-1, below 1000000", "1.5, below 1000000", "4294967299, below 1000000"})
    void idsThatAreNoneAreRefused(String id, String why) throws IOException {
        JsonObject definition = bert();
        definition.getAsJsonObject("model").getAsJsonObject("vocab").add("odd", JsonParser.parseString(id));

        assertRefused(definition, why);
    }

    @Test
    void mergesOfWhatTheVocabularyLacksAreRefused() throws IOException {
        JsonObject definition =
                Fixtures.json(Fixtures.resource("/golden/roberta-sequence-classification/model/tokenizer.json"));
        definition
                .getAsJsonObject("model")
                .getAsJsonArray("merges")
                .add(JsonParser.parseString("[\"nowhere\",\"to be found\"]"));

        assertRefused(definition, "model.merges[");
    }

    @Test
    void aMergeWithoutTheContinuingPrefixIsRefused() throws IOException {
        JsonObject definition =
                Fixtures.json(Fixtures.resource("/golden/roberta-sequence-classification/model/tokenizer.json"));
        definition.getAsJsonObject("model").addProperty("continuing_subword_prefix", "longer than any token is");

        assertRefused(definition, "should begin with");
    }

    @Test
    void anAddedTokenOfWhichTheNormalizerLeavesNothingIsRefused() throws IOException {
        JsonObject definition = bert();
        definition
                .getAsJsonArray("added_tokens")
                .add(JsonParser.parseString(
                        "{\"id\":9000,\"content\":\"\\u0000\",\"normalized\":true,\"special\":false,"
                                + "\"single_word\":false,\"lstrip\":false,\"rstrip\":false}"));

        assertRefused(definition, "the normalizer leaves nothing");
    }

    @Test
    void aDecoderThatIsNotKnownIsNoMatterUntilSomethingIsDecoded() throws IOException {
        JsonObject definition = bert();
        definition.add("decoder", JsonParser.parseString("{\"type\":\"CTC\",\"pad_token\":\"a\"}"));
        write(definition);

        try (Tokenizer tokenizer = Tokenizer.open(model)) {
            assertThat(tokenizer.encode(List.of(Text.of("the")), 8)).hasSize(1);
            assertThatThrownBy(() -> tokenizer.decode(5))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("decoder");
        }
    }

    @Test
    void tokensAreDecodedWithoutSpecialOnes() throws IOException {
        write(bert());

        try (Tokenizer tokenizer = Tokenizer.open(model)) {
            assertThat(tokenizer.decode(tokenizer
                            .encode(List.of(Text.of("the cats sat")), 8)
                            .get(0)
                            .ids()))
                    .contains("the cats sat");
        }
    }

    @Test
    void textsWithoutATokenForTheUnknownAreRefusedOneByOne() throws IOException {
        JsonObject definition = JsonParser.parseString("{\"version\":\"1.0\",\"added_tokens\":[],\"normalizer\":null,"
                        + "\"pre_tokenizer\":{\"type\":\"Whitespace\"},\"post_processor\":null,\"decoder\":null,"
                        + "\"model\":{\"type\":\"WordLevel\",\"unk_token\":\"[UNK]\",\"vocab\":{\"a\":0,\"\u2603\":1,"
                        + "\"\ud83d\ude00\":2,\"\u0e01\":3,\"\u10d0\":4}}}")
                .getAsJsonObject();
        write(definition);

        try (Tokenizer tokenizer = Tokenizer.open(model)) {
            assertThat(tokenizer.encode(List.of(Text.of("a a")), 8).get(0).ids())
                    .containsExactly(0, 0);
            assertThatThrownBy(() -> tokenizer.encode(List.of(Text.of("a"), Text.of("zebra")), 8))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("can't tokenize \"zebra\"");
        }
    }

    @Test
    void aTableOfNormalizationsIsFollowedWhereItIsWhole() throws IOException {
        JsonObject definition = bert();
        JsonObject normalizer = new JsonObject();
        normalizer.addProperty("type", "Precompiled");
        normalizer.addProperty("precompiled_charsmap", TestCharsmap.of(Map.of("\uff21", "the", "\ufb01", "x")));
        definition.add("normalizer", normalizer);
        write(definition);

        try (Tokenizer tokenizer = Tokenizer.open(model)) {
            assertThat(tokenizer.encode(List.of(Text.of("\uff21")), 8).get(0).ids())
                    .isEqualTo(
                            tokenizer.encode(List.of(Text.of("the")), 8).get(0).ids());
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 8", "0, 4096", "5, 127", "1028, 255"})
    void aTableOfNormalizationsThatLeadsOutOfItselfIsRefused(int at, int value) throws IOException {
        byte[] table = Base64.getDecoder().decode(TestCharsmap.of(Map.of("A", "the")));
        table[at] = (byte) value;
        table[at + 1] = (byte) (value >> 8);
        table[at + 2] = (byte) 255;
        JsonObject definition = bert();
        JsonObject normalizer = new JsonObject();
        normalizer.addProperty("type", "Precompiled");
        normalizer.addProperty("precompiled_charsmap", Base64.getEncoder().encodeToString(table));
        definition.add("normalizer", normalizer);
        write(definition);

        try {
            // What isn't refused must work.
            try (Tokenizer tokenizer = Tokenizer.open(model)) {
                tokenizer.encode(List.of(Text.of("A"), Text.of("B \u4e2d")), 8);
            }
        } catch (FinetuneException e) {
            assertThat(e).hasMessageContaining("precompiled_charsmap");
        }
    }

    private void assertRefused(JsonObject definition, String why) throws IOException {
        write(definition);
        assertThatThrownBy(() -> Tokenizer.open(model))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(model.toString())
                .hasMessageContaining(why);
    }

    private void write(JsonObject definition) throws IOException {
        Files.write(model.resolve("tokenizer.json"), definition.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static JsonObject bert() {
        return Fixtures.json(Fixtures.bertModel().resolve("tokenizer.json"));
    }
}
