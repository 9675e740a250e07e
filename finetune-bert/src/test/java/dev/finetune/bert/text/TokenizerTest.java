package dev.finetune.bert.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerTest {
    private static int[] ids(Tokenizer tokenizer, String text) {
        return tokenizer.encode(List.of(Text.of(text)), 512).get(0).ids();
    }

    @Test
    void specialTokensAreFound() {
        try (Tokenizer bert = Tokenizer.open(Fixtures.bertModel());
                Tokenizer roberta = Tokenizer.open(Fixtures.robertaModel())) {
            assertThat(bert.specialTokens().cls()).hasValue(2);
            assertThat(bert.specialTokens().sep()).hasValue(3);
            assertThat(bert.specialTokens().pad()).hasValue(0);
            assertThat(bert.specialTokens().unk()).hasValue(1);
            assertThat(bert.specialTokens().mask()).hasValue(4);
            assertThat(bert.overhead(true)).isEqualTo(3);
            assertThat(bert.vocabularySize()).isEqualTo(277);
            assertThat(bert.modelMaxLength()).hasValue(64);
            assertThat(roberta.specialTokens().cls()).hasValue(0);
            assertThat(roberta.specialTokens().sep()).hasValue(2);
            assertThat(roberta.specialTokens().pad()).hasValue(1);
            assertThat(roberta.specialTokens().mask()).hasValue(4);
            assertThat(roberta.overhead(true)).isEqualTo(4);
        }
    }

    @Test
    void everyIdIsThatOfItsToken() {
        try (Tokenizer tokenizer = Tokenizer.open(Fixtures.robertaModel())) {
            for (int id = 0; id < tokenizer.vocabularySize(); id++) {
                assertThat(tokenizer.idOf(tokenizer.token(id))).hasValue(id);
            }
            assertThat(tokenizer.idOf("no such token")).isEmpty();
            assertThatThrownBy(() -> tokenizer.token(1_000_000))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("1000000");
        }
    }

    @Test
    void anEnormousModelMaximumMeansNone(@TempDir Path temp) throws IOException {
        Files.copy(Fixtures.bertModel().resolve("vocab.txt"), temp.resolve("vocab.txt"));
        Files.writeString(
                temp.resolve("tokenizer_config.json"), "{\"model_max_length\": 1000000000000000019884624838656}");
        try (Tokenizer tokenizer = Tokenizer.open(temp)) {
            assertThat(tokenizer.modelMaxLength()).isEmpty();
            assertThat(ids(tokenizer, "the ".repeat(510))).hasSize(512);
        }
    }

    @Test
    void truncationAndPaddingOfTheFileDoNotWin(@TempDir Path temp) throws IOException {
        JsonObject json = Fixtures.json(Fixtures.bertModel().resolve("tokenizer.json"));
        json.add(
                "truncation",
                parsed("{\"max_length\":5,\"strategy\":\"LongestFirst\",\"stride\":0,\"direction\":\"Right\"}"));
        json.add(
                "padding",
                parsed("{\"strategy\":{\"Fixed\":99},\"direction\":\"Right\",\"pad_to_multiple_of\":null,"
                        + "\"pad_id\":0,\"pad_type_id\":0,\"pad_token\":\"[PAD]\"}"));
        Files.writeString(temp.resolve("tokenizer.json"), json.toString());
        try (Tokenizer tokenizer = Tokenizer.open(temp)) {
            assertThat(ids(tokenizer, "the ".repeat(20))).hasSize(22);
            assertThat(ids(tokenizer, "the")).hasSize(3);
            assertThat(ids(tokenizer, "the ".repeat(600))).hasSize(512);
        }
    }

    private static JsonObject parsed(String json) {
        return JsonParser.parseString(json).getAsJsonObject();
    }

    @Test
    void anyCharactersAreATextWithPlacesInsideIt() {
        Random random = new Random(11);
        for (Path model : List.of(Fixtures.bertModel(), Fixtures.robertaModel())) {
            try (Tokenizer tokenizer = Tokenizer.openForWords(model)) {
                List<Text> texts = new ArrayList<>();
                for (int i = 0; i < 1000; i++) {
                    texts.add(Text.of(anyCharacters(random)));
                }
                List<TokenizedText> found = tokenizer.encode(texts, 64, Detail.OFFSETS);
                for (int i = 0; i < texts.size(); i++) {
                    String text = texts.get(i).text();
                    TokenizedText tokens = found.get(i);
                    for (int t = 0; t < tokens.length(); t++) {
                        assertThat(tokens.starts()[t]).isBetween(0, tokens.ends()[t]);
                        assertThat(tokens.ends()[t]).isLessThanOrEqualTo(text.length());
                    }
                    assertThat(tokenizer.encodeWords(List.of(text, text), 64).length())
                            .isBetween(2, 64);
                }
            }
        }
    }

    private static String anyCharacters(Random random) {
        StringBuilder text = new StringBuilder();
        for (int n = random.nextInt(40); n > 0; n--) {
            switch (random.nextInt(4)) {
                case 0 -> text.append((char) random.nextInt(0x10000));
                case 1 -> text.appendCodePoint(random.nextInt(0x110000));
                case 2 -> text.append(' ');
                default -> text.append((char) ('a' + random.nextInt(26)));
            }
        }
        return text.toString();
    }

    @Test
    void emptyTextsNullsAndHalfSurrogatesAreTexts() {
        try (Tokenizer tokenizer = Tokenizer.open(Fixtures.bertModel())) {
            assertThat(ids(tokenizer, "")).containsExactly(2, 3);
            assertThat(ids(tokenizer, "\u0000")).containsExactly(2, 3);
            assertThat(ids(tokenizer, "\ud800")).containsExactly(2, 3);
            assertThat(ids(tokenizer, "the\udc00")).isEqualTo(ids(tokenizer, "the"));
            TokenizedText text = tokenizer
                    .encode(List.of(Text.of("\ud800\ud83d\ude00 the \udc00\u0000time")), 64, Detail.OFFSETS)
                    .get(0);
            assertThat(text.starts()).containsExactly(0, 1, 4, 10, 0);
            assertThat(text.ends()).containsExactly(0, 3, 7, 14, 0);
        }
    }

    @Test
    void batchesGiveWhatSingleTextsGive() {
        List<Text> texts = randomTexts(1500, 3);
        try (Tokenizer tokenizer = Tokenizer.open(Fixtures.robertaModel())) {
            List<TokenizedText> together = tokenizer.encode(texts, 20, Detail.OFFSETS);
            for (int i = 0; i < texts.size(); i += 7) {
                TokenizedText alone = tokenizer
                        .encode(List.of(texts.get(i)), 20, Detail.OFFSETS)
                        .get(0);
                assertThat(alone).usingRecursiveComparison().isEqualTo(together.get(i));
                assertThat(alone.length()).isLessThanOrEqualTo(20);
            }
        }
    }

    @Test
    void oneTokenizerServesManyThreads() throws Exception {
        List<Text> texts = randomTexts(300, 4);
        List<List<String>> words =
                texts.stream().map(t -> List.of(t.text().split(" "))).toList();
        for (Path model : List.of(Fixtures.bertModel(), Fixtures.robertaModel())) {
            ExecutorService threads = Executors.newFixedThreadPool(8);
            try (Tokenizer tokenizer = Tokenizer.openForWords(model)) {
                List<int[]> expected = tokenizer.encode(texts, 24).stream()
                        .map(TokenizedText::ids)
                        .toList();
                List<int[]> expectedWords = words.stream()
                        .map(w -> tokenizer.encodeWords(w, 24).ids())
                        .toList();
                List<Future<?>> jobs = new ArrayList<>();
                for (int job = 0; job < 48; job++) {
                    int from = job * 5;
                    jobs.add(threads.submit(() -> {
                        List<TokenizedText> part = tokenizer.encode(texts.subList(from, 300), 24, Detail.OFFSETS);
                        for (int i = 0; i < part.size(); i++) {
                            assertThat(part.get(i).ids()).isEqualTo(expected.get(from + i));
                            assertThat(tokenizer
                                            .encodeWords(words.get(from + i), 24)
                                            .ids())
                                    .isEqualTo(expectedWords.get(from + i));
                        }
                    }));
                }
                for (Future<?> job : jobs) {
                    job.get();
                }
            } finally {
                threads.shutdownNow();
            }
        }
    }

    @Test
    void closingWaitsForThoseWhoEncode() throws Exception {
        List<Text> texts = randomTexts(200, 5);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            Tokenizer tokenizer = Tokenizer.open(Fixtures.bertModel());
            List<Future<Boolean>> jobs = IntStream.range(0, 4)
                    .mapToObj(i -> threads.submit(() -> encodesUntilClosed(tokenizer, texts)))
                    .toList();
            Thread.sleep(60);
            tokenizer.close();
            tokenizer.close();
            for (Future<Boolean> job : jobs) {
                assertThat(job.get()).isTrue();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static boolean encodesUntilClosed(Tokenizer tokenizer, List<Text> texts) {
        while (true) {
            try {
                tokenizer.encode(texts, 32);
            } catch (FinetuneException e) {
                return e.getMessage().contains("closed");
            }
        }
    }

    private static List<Text> randomTexts(int count, int seed) {
        Random random = new Random(seed);
        String[] words = {
            "the", "product", "caf\u00e9", "\ud83d\ude00", "time,", "don't", "\u65e5\u672c", "x\u0301y", ""
        };
        List<Text> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String a = sentence(random, words);
            texts.add(random.nextInt(3) == 0 ? Text.pair(a, sentence(random, words)) : Text.of(a));
        }
        return texts;
    }

    private static String sentence(Random random, String[] words) {
        StringBuilder text = new StringBuilder();
        int length = random.nextInt(16);
        for (int i = 0; i < length; i++) {
            text.append(words[random.nextInt(words.length)]).append(' ');
        }
        return text.toString();
    }

    @Test
    void aSavedTokenizerKeepsItsFilesAndOpensAgain(@TempDir Path temp) throws IOException {
        try (Tokenizer tokenizer = Tokenizer.open(Fixtures.bertModel())) {
            tokenizer.save(temp.resolve("saved"));
        }
        for (String name : List.of("tokenizer.json", "tokenizer_config.json", "vocab.txt")) {
            assertThat(temp.resolve("saved").resolve(name))
                    .hasSameBinaryContentAs(Fixtures.bertModel().resolve(name));
        }
    }

    @Test
    void aBareVocabularyIsSavedWithTokenizerJsonAndSettings(@TempDir Path temp) throws IOException {
        Files.copy(Fixtures.bertModel().resolve("vocab.txt"), temp.resolve("vocab.txt"));
        int[] expected;
        try (Tokenizer tokenizer = Tokenizer.open(temp)) {
            expected = ids(tokenizer, "The caf\u00e9 works [MASK] !");
            tokenizer.save(temp.resolve("saved"));
        }
        assertThat(temp.resolve("saved/tokenizer.json")).exists();
        JsonObject config = Fixtures.json(temp.resolve("saved/tokenizer_config.json"));
        assertThat(config.get("tokenizer_class").getAsString()).isEqualTo("BertTokenizer");
        assertThat(config.get("mask_token").getAsString()).isEqualTo("[MASK]");
        try (Tokenizer again = Tokenizer.open(temp.resolve("saved"))) {
            assertThat(ids(again, "The caf\u00e9 works [MASK] !")).isEqualTo(expected);
        }
    }

    @Test
    void aTokenizerOpenedForWordsIsSavedSo(@TempDir Path temp) throws IOException {
        int[] expected;
        try (Tokenizer words = Tokenizer.openForWords(Fixtures.robertaModel());
                Tokenizer texts = Tokenizer.open(Fixtures.robertaModel())) {
            expected = words.encodeWords(List.of("the", "product"), 16).ids();
            words.save(temp);
            assertThatThrownBy(() -> texts.encodeWords(List.of("the"), 16))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("openForWords");
        }
        try (Tokenizer again = Tokenizer.open(temp)) {
            assertThat(again.encodeWords(List.of("the", "product"), 16).ids()).isEqualTo(expected);
        }
    }

    /** As Transformers 5 tokenizes lists of words where nobody asked for add_prefix_space. */
    @Test
    void wordsOfAModelThatHasLearnedFromSuchAreTokenizedAsItsFilesSay() {
        final List<String> words = List.of("the", "product");
        try (Tokenizer asWritten = Tokenizer.openForWordsAsWritten(Fixtures.robertaModel());
                Tokenizer inTexts = Tokenizer.openForWords(Fixtures.robertaModel());
                Tokenizer texts = Tokenizer.open(Fixtures.robertaModel())) {
            final int[] expected = words.stream()
                    .map(word -> texts.encode(List.of(Text.of(word)), 16).get(0).ids())
                    .flatMapToInt(ids -> Arrays.stream(ids, 1, ids.length - 1))
                    .toArray();
            final int[] found = asWritten.encodeWords(words, 16).ids();
            assertThat(Arrays.copyOfRange(found, 1, found.length - 1)).isEqualTo(expected);
            assertThat(found).isNotEqualTo(inTexts.encodeWords(words, 16).ids());
        }
    }

    @Test
    void neverSplitAndAddedTokensStayWhole(@TempDir Path temp) throws IOException {
        List<String> vocabulary =
                new ArrayList<>(Files.readAllLines(Fixtures.bertModel().resolve("vocab.txt")));
        int id = vocabulary.size();
        vocabulary.add("A-b");
        Files.write(temp.resolve("vocab.txt"), vocabulary);
        Files.writeString(temp.resolve("tokenizer_config.json"), "{\"never_split\":[\"A-b\"]}");
        Files.writeString(temp.resolve("added_tokens.json"), "{\"<name>\":" + (id + 1) + "}");
        try (Tokenizer tokenizer = Tokenizer.open(temp)) {
            assertThat(ids(tokenizer, "the A-b <name>")).contains(id, id + 1).hasSize(5);
        }
    }

    @Test
    void aDirectoryWithoutTokenizerSaysWhatWasLookedFor(@TempDir Path temp) throws IOException {
        assertThatThrownBy(() -> Tokenizer.open(temp))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(temp.toString())
                .hasMessageContaining("tokenizer.json")
                .hasMessageContaining("vocab.txt")
                .hasMessageContaining("merges.txt");
        Files.createFile(temp.resolve("sentencepiece.bpe.model"));
        assertThatThrownBy(() -> Tokenizer.open(temp)).hasMessageContaining("sentencepiece.bpe.model");
        assertThatThrownBy(() -> Tokenizer.open(temp.resolve("none"))).isInstanceOf(FinetuneException.class);
    }

    @Test
    void brokenFilesAreNamed(@TempDir Path temp) throws IOException {
        Path json = temp.resolve("tokenizer.json");
        for (String broken : List.of(
                "{",
                "[]",
                "{}",
                "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":0}}}",
                "{\"model\":{\"vocab\":{\"a\":[]}}}",
                "{\"model\":{\"vocab\":{\"a\":0}},\"added_tokens\":[{}]}")) {
            Files.writeString(json, broken);
            assertThatThrownBy(() -> Tokenizer.open(temp))
                    .as(broken)
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("tokenizer.json");
        }
        Files.delete(json);
        Files.writeString(temp.resolve("vocab.txt"), "[PAD]\n[CLS]\n[SEP]\nthe\n");
        assertThatThrownBy(() -> Tokenizer.open(temp)).hasMessageContaining("[UNK]");
    }

    @Test
    void aVocabularyWithoutItsUnknownTokenIsRefusedWhenOpened(@TempDir Path temp) throws IOException {
        JsonObject json = Fixtures.json(Fixtures.bertModel().resolve("tokenizer.json"));
        json.getAsJsonObject("model").addProperty("unk_token", "[nothing]");
        Files.writeString(temp.resolve("tokenizer.json"), json.toString());
        assertThatThrownBy(() -> Tokenizer.open(temp))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("unknown token");
    }

    @Test
    void paddingOnTheLeftIsRefusedByName(@TempDir Path temp) throws IOException {
        Files.copy(Fixtures.bertModel().resolve("vocab.txt"), temp.resolve("vocab.txt"));
        Files.writeString(temp.resolve("tokenizer_config.json"), "{\"padding_side\":\"left\"}");
        assertThatThrownBy(() -> Tokenizer.open(temp)).hasMessageContaining("padding_side");
    }

    @Test
    void aMaximumWithoutRoomIsRefused() {
        try (Tokenizer tokenizer = Tokenizer.open(Fixtures.bertModel())) {
            assertThatThrownBy(() -> tokenizer.encode(List.of(Text.of("the")), 2))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("2 tokens");
        }
    }

    @Test
    void loadingLeavesTheApplicationsSettingsAlone() {
        Tokenizer.open(Fixtures.bertModel()).close();
        assertThat(System.getProperty("ai.djl.offline")).isNull();
    }
}
