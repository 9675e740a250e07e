package dev.finetune.bert.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import dev.finetune.batch.Target;
import dev.finetune.bert.text.definition.DefinitionCheck;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Words;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BeginningsTest {
    private static final int MEGABYTES = 4_000_000;
    private static final int TOKENS = 128;

    /** A tokenizer of the fixtures that counts the characters that reach it. */
    private static final class Counted implements AutoCloseable {
        private final AtomicLong characters = new AtomicLong();
        private final NativeTokenizer tokens;
        private final Beginnings beginnings;

        Counted(Path model) {
            JsonObject json = Fixtures.json(model.resolve("tokenizer.json"));
            tokens = NativeTokenizer.of(
                    DefinitionCheck.of(json, Vocabulary.of(json, "the fixture").largestId(), "the fixture"),
                    "the fixture");
            beginnings = new Beginnings(
                    TextStart.of(json),
                    LongRuns.of(json),
                    (texts, detail) -> {
                        texts.forEach(text -> characters.addAndGet(text.length()));
                        return tokens.encode(texts, detail);
                    },
                    words -> {
                        words.forEach(word -> characters.addAndGet(word.length()));
                        return tokens.encodeWords(words);
                    });
        }

        @Override
        public void close() {
            tokens.close();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "the story is long, ",
                "a",
                "สวัสดี",
                "東京",
                " ",
                "\n",
                "\u0301",
                "\u0001",
                "\u200d",
                "!?",
                "[MASK]",
                "3.14 ",
                "한국어",
                "й",
                "the\n"
            })
    void fewCharactersOfFourMegabytesReachWordPiece(String piece) {
        String text = "the " + piece.repeat(MEGABYTES / piece.length()) + " end";
        try (Counted bert = new Counted(Fixtures.bertModel())) {
            RawTokens raw =
                    bert.beginnings.of(List.of(text), TOKENS, Detail.OFFSETS).get(0);
            assertThat(bert.characters.get()).isLessThan(20_000);
            if (raw.length() <= TOKENS) {
                int last = raw.length() - 1;
                int first = last;
                while (raw.words()[first - 1] == raw.words()[last]) {
                    first--;
                }
                assertThat(text.substring(raw.starts()[first], raw.ends()[last]))
                        .isEqualTo("end");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"the story is long, ", "3.14 ", "the\n", "東京，上海。"})
    void fewCharactersOfFourMegabytesReachByteLevelBpe(String piece) {
        try (Counted roberta = new Counted(Fixtures.robertaModel())) {
            String text = piece.repeat(MEGABYTES / piece.length());
            assertThat(roberta.beginnings
                            .of(List.of(text), TOKENS, Detail.IDS)
                            .get(0)
                            .length())
                    .isGreaterThan(TOKENS);
            assertThat(roberta.characters.get()).isLessThan(20_000);
        }
    }

    @Test
    void aByteLevelWordWithoutAnEndIsReadOnce() {
        try (Counted roberta = new Counted(Fixtures.robertaModel())) {
            roberta.beginnings.of(List.of("a".repeat(200_000)), TOKENS, Detail.IDS);
            assertThat(roberta.characters.get()).isEqualTo(200_000);
        }
    }

    @Test
    void ofAMillionWordsAsManyAreReadAsMakeEnoughTokens() {
        List<String> words = Collections.nCopies(1_000_000, "story");
        try (Counted bert = new Counted(Fixtures.bertModel())) {
            Beginnings.Sentence sentence = bert.beginnings.ofWords(words, TOKENS);
            assertThat(sentence.tokens().length()).isGreaterThan(TOKENS);
            assertThat(bert.characters.get()).isLessThan(5_000);

            List<String> blanks = List.of("\u0001".repeat(MEGABYTES), "a".repeat(MEGABYTES), "the ".repeat(1_000_000));
            bert.beginnings.ofWords(blanks, TOKENS);
            assertThat(bert.characters.get()).isLessThan(20_000);
        }
    }

    @Test
    void wordsThatAreNotReadCountAsCutAway() {
        Tokenizer tokenizer = Tokenizer.openForWords(Fixtures.bertModel());
        try (WordsEncoder encoder =
                new WordsEncoder(tokenizer, TextLayout.of(tokenizer, 16, true), label -> new Target.None())) {
            List<String> words = Collections.nCopies(100_000, "the");
            EncodedText row = (EncodedText) encoder.encode(List.of(new Example<>(new Words(words), Label.none())))
                    .get(0);
            assertThat(row.ids()).hasSize(16);
            assertThat(((EncodedText.Trace.WordStarts) row.trace()).firstTokens())
                    .hasSize(100_000);
            assertThat(encoder.truncatedWords()).isEqualTo(100_000 - 14);
        }
    }

    @Test
    void tokensOfLongListsOfWordsAreTheFirstOfAll() {
        List<String> some =
                List.of("the", "", "story", "x".repeat(9000), " ".repeat(9000), "isn't", "é", "the ".repeat(3000));
        for (Path model : List.of(Fixtures.bertModel(), Fixtures.robertaModel())) {
            try (Counted counted = new Counted(model)) {
                for (int from = 0; from < some.size(); from++) {
                    List<String> words = new ArrayList<>(some.subList(from, some.size()));
                    for (int i = 0; i < 60; i++) {
                        words.add(some.get((i * i + from) % 3));
                    }
                    RawTokens all = counted.tokens.encodeWords(words);
                    RawTokens first = counted.beginnings.ofWords(words, 8).tokens();
                    assertThat(all.ids()).startsWith(Arrays.copyOf(first.ids(), Math.min(9, first.length())));
                    assertThat(all.words()).startsWith(Arrays.copyOf(first.words(), Math.min(9, first.length())));
                }
            }
        }
    }
}
