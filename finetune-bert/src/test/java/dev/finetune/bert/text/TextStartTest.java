package dev.finetune.bert.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.data.Text;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TextStartTest {
    private static final String[] PIECES = {
        "the",
        "story",
        "don't",
        "Ünïcödé",
        "e\u0301a\u0301",
        "日本語",
        "東京",
        "한국어",
        "नमस्ते",
        "สวัสดี",
        "😀👍🏽",
        "[MASK]",
        "<mask>",
        "[SEP]",
        "42",
        "...",
        "!?",
        "\n",
        "\n\n",
        "\t",
        "  ",
        "   ",
        "\u00a0",
        "\u3000",
        "ﬁn",
        "ΟΔΟΣ",
        "a-b",
        "\u200d",
        "\ufffd",
        "x".repeat(120),
        "东京，上海。北京、",
        "3.14,15",
        "<|[]|>",
        "the\nend",
        "1\t2",
        "\u0301".repeat(900),
        "e" + "\u0301".repeat(700),
        " ".repeat(800),
        "\n \t".repeat(300),
        "\u0001\u200d".repeat(400),
        "x".repeat(1500),
        "สวัสดี".repeat(150),
        "हिन्दी".repeat(150),
        "한국어ニホン".repeat(150),
        "\uac00".repeat(120) + "\u0301".repeat(600) + "й".repeat(700),
        "\ud800".repeat(400),
        "!".repeat(600),
        "7".repeat(600),
        "\u0000"
    };

    /** The tokens of the whole, cut as if it had been tokenized so. */
    private static List<TokenizedText> whole(Tokenizer tokenizer, Text text, int maxLength, Detail detail) {
        RawTokens first = tokenizer.raw(List.of(text.text()), Detail.OFFSETS).get(0);
        String pair = text.pair();
        RawTokens second = pair == null
                ? null
                : tokenizer.raw(List.of(pair), Detail.OFFSETS).get(0);
        return List.of(tokenizer.template().lay(first, second, maxLength, detail));
    }

    private static String random(Random random, int pieces) {
        StringBuilder text = new StringBuilder();
        int kinds = 1 + random.nextInt(PIECES.length);
        int most = kinds > 31 ? pieces / 16 + 1 : pieces;
        for (int i = 0; i < most; i++) {
            text.append(PIECES[random.nextInt(kinds)]);
            if (random.nextInt(4) > 0) {
                text.append(' ');
            }
        }
        return text.toString();
    }

    private static void agrees(Path model) {
        Random random = new Random(7);
        try (Tokenizer tokenizer = Tokenizer.open(model)) {
            for (int i = 0; i < 200; i++) {
                String first = random(random, 1 + random.nextInt(700));
                String second = random(random, 1 + random.nextInt(700));
                Text text = i % 2 == 0 ? Text.of(first) : Text.pair(first, second);
                int maxLength = 8 + random.nextInt(40);
                for (Detail detail : Detail.values()) {
                    TokenizedText made =
                            tokenizer.encode(List.of(text), maxLength, detail).get(0);
                    TokenizedText wanted =
                            whole(tokenizer, text, maxLength, detail).get(0);
                    assertThat(made.ids()).isEqualTo(wanted.ids());
                    assertThat(made.typeIds()).isEqualTo(wanted.typeIds());
                    assertThat(made.wordIds()).isEqualTo(wanted.wordIds());
                    assertThat(made.starts()).isEqualTo(wanted.starts());
                    assertThat(made.ends()).isEqualTo(wanted.ends());
                    assertThat(made.truncated()).isEqualTo(wanted.truncated());
                }
            }
        }
    }

    @Test
    void tokensOfCutTextsAreTheFirstOfTheWholeForWordPiece() {
        agrees(Fixtures.bertModel());
    }

    @Test
    void tokensOfCutTextsAreTheFirstOfTheWholeForByteLevelBpe() {
        agrees(Fixtures.robertaModel());
    }

    @Test
    void aTextOfMegabytesIsNotTokenizedWhole() {
        String words = "the story is long ".repeat(230_000);
        String ideographs = "東京日本".repeat(500_000);
        try (Tokenizer bert = Tokenizer.open(Fixtures.bertModel());
                Tokenizer roberta = Tokenizer.open(Fixtures.robertaModel())) {
            bert.encode(List.of(Text.of("warm")), 64);
            long start = System.nanoTime();
            assertThat(bert.encode(List.of(Text.of(words)), 64).get(0).truncated())
                    .isTrue();
            assertThat(bert.encode(List.of(Text.of(ideographs)), 64).get(0).truncated())
                    .isTrue();
            assertThat(bert.encode(List.of(Text.pair(words, words)), 64).get(0).truncated())
                    .isTrue();
            assertThat(roberta.encode(List.of(Text.of(words)), 64).get(0).truncated())
                    .isTrue();
            // Milliseconds; one of them whole takes some 20 seconds.
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
        }
    }

    @Test
    void textsAreCutBetweenWordsOnly() {
        TextStart bert = start("{\"type\":\"BertNormalizer\"}", "{\"type\":\"BertPreTokenizer\"}", "[MASK]");
        assertThat(bert.of("one two three four", 10)).isEqualTo("one two");
        assertThat(bert.of("one two, 3 four five", 10)).isEqualTo("one two, 3");
        assertThat(bert.of("one two\nthree four", 9)).isEqualTo("one two");
        assertThat(bert.of("?!?!?!?!?!?!", 4)).isEqualTo("?!?!");
        TextStart bytes = start("null", "{\"type\":\"ByteLevel\"}", "<mask>");
        assertThat(bytes.of("东京，上海。北京、天津", 3)).isEqualTo("东京");
        assertThat(bytes.of("?!?!?!?!?!?!", 4)).isEqualTo("?!?!?!?!?!?!");
        assertThat(bert.of("東京日本東京日本", 4)).isEqualTo("東京日本");
        assertThat(bert.of("nospacesatallinthistext", 10)).isEqualTo("nospacesatallinthistext");
    }

    @Test
    void tokenizersWhoseTokensMayCrossSpacesGetTheWholeText() {
        String text = "one two three four";
        assertThat(start("null", "null", "<s>").of(text, 10)).isEqualTo(text);
        assertThat(start("null", "{\"type\":\"Metaspace\",\"split\":false}", "<s>")
                        .of(text, 10))
                .isEqualTo(text);
        assertThat(start("null", "{\"type\":\"Split\",\"pattern\":{\"Regex\":\".*\"}}", "<s>")
                        .of(text, 10))
                .isEqualTo(text);
        assertThat(start("{\"type\":\"Replace\"}", "{\"type\":\"Metaspace\"}", "<s>")
                        .of(text, 10))
                .isEqualTo(text);
        assertThat(start("null", "{\"type\":\"ByteLevel\",\"use_regex\":false}", "<s>")
                        .of(text, 10))
                .isEqualTo(text);
        assertThat(start("null", "{\"type\":\"ByteLevel\"}", "two three").of(text, 10))
                .isEqualTo(text);
        String both =
                "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"WhitespaceSplit\"},{\"type\":\"Metaspace\"}]}";
        assertThat(start("{\"type\":\"Precompiled\"}", both, "<s>").of(text, 10))
                .isEqualTo("one two");
    }

    private static TextStart start(String normalizer, String preTokenizer, String added) {
        JsonObject json = JsonParser.parseString("{\"normalizer\":" + normalizer + ",\"pre_tokenizer\":" + preTokenizer
                        + ",\"added_tokens\":[{\"content\":\"" + added + "\"}]}")
                .getAsJsonObject();
        return TextStart.of(json);
    }
}
