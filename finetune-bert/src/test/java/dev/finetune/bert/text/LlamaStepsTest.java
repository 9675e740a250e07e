package dev.finetune.bert.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What Transformers 5.18's AutoTokenizer makes of a tokenizer.json of Llama 2, by what stands beside it. */
class LlamaStepsTest {
    private static final String[] PIECES = {
        "<unk>", "<s>", "</s>", "▁", "H", "i", "[", "]", "I", "N", "S", "T", "/", "a", "▁H", "▁Hi", "▁["
    };

    @TempDir
    private Path folder;

    /** As convert_slow_tokenizer wrote it before version 5: a blank is put before each part of a text. */
    private void write(String config) throws IOException {
        final JsonObject vocabulary = new JsonObject();
        for (String piece : PIECES) {
            vocabulary.addProperty(piece, vocabulary.size());
        }
        for (int value = 0; value < 256; value++) {
            vocabulary.addProperty(String.format(Locale.ROOT, "<0x%02X>", value), vocabulary.size());
        }
        final JsonObject json = JsonParser.parseString(("{'version': '1.0', 'added_tokens': [" + special(0) + ", "
                                + special(1) + ", " + special(2)
                                + "], 'normalizer': {'type': 'Sequence', 'normalizers': [{'type': 'Prepend', 'prepend': '▁'},"
                                + " {'type': 'Replace', 'pattern': {'String': ' '}, 'content': '▁'}]}, 'pre_tokenizer': null,"
                                + " 'post_processor': null, 'decoder': null, 'model': {'type': 'BPE', 'dropout': null,"
                                + " 'unk_token': '<unk>', 'continuing_subword_prefix': null, 'end_of_word_suffix': null,"
                                + " 'fuse_unk': true, 'byte_fallback': true, 'merges': [['▁', 'H'], ['▁H', 'i'], ['▁', '[']]}}")
                        .replace('\'', '"'))
                .getAsJsonObject();
        json.getAsJsonObject("model").add("vocab", vocabulary);
        Files.writeString(folder.resolve("tokenizer.json"), json.toString());
        Files.writeString(folder.resolve("tokenizer_config.json"), "{" + config.replace('\'', '"') + "}");
    }

    private static String special(int id) {
        return "{'id': " + id + ", 'content': '" + PIECES[id]
                + "', 'single_word': false, 'lstrip': false, 'rstrip': false,"
                + " 'normalized': false, 'special': true}";
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'tokenizer_class': 'LlamaTokenizer', 'legacy': false | <s>[INST] Hi</s>Hi | <s> [ I N S T ] ▁Hi </s> H i",
                "'tokenizer_class': 'LlamaTokenizerFast' | <s>[INST] Hi</s>Hi | <s> [ I N S T ] ▁Hi </s> H i",
                "'tokenizer_class': 'LlamaTokenizer', 'legacy': true | <s>[INST] Hi</s>Hi | <s> ▁[ I N S T ] ▁Hi </s> ▁Hi",
                "'tokenizer_class': 'LlamaTokenizer', 'add_prefix_space': false | Hi Hi | H i ▁Hi",
                "'tokenizer_class': 'PreTrainedTokenizerFast' | <s>[INST] Hi</s>Hi | <s> ▁[ I N S T ] ▁Hi </s> ▁Hi",
                "'tokenizer_class': 'LlamaTokenizer' | ` Hi` | ▁Hi",
                "'tokenizer_class': 'PreTrainedTokenizerFast' | ` Hi` | ▁ ▁Hi",
                "'tokenizer_class': 'LlamaTokenizer' | Hi  a | ▁Hi ▁ ▁ a"
            })
    void aTokenizerNamedByItsClassGoesByItsOwnSteps(String config, String text, String tokens) throws IOException {
        write(config);
        try (Tokenizer tokenizer = Tokenizer.openForWriting(folder)) {
            assertThat(Arrays.stream(tokenizer.encodeWhole(text).ids())
                            .mapToObj(tokenizer::token)
                            .collect(Collectors.joining(" ")))
                    .isEqualTo(tokens);
        }
    }
}
