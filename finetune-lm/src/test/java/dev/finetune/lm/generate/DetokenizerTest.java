package dev.finetune.lm.generate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DetokenizerTest {
    private static final String TEXT = "Straße, naïve 日本語 \uD83D\uDC4D\uD83C\uDFFD, e\u0301 and plain words …\n\nend";

    /** Tokens that are bytes of a text, cut anywhere: byte-level tokenizers, as GPT-2's. */
    private record Pieces(List<byte[]> bytes) implements IdsToText {
        static Pieces cut(String text, Random random) {
            final byte[] all = text.getBytes(StandardCharsets.UTF_8);
            final List<byte[]> pieces = new ArrayList<>();
            for (int at = 0; at < all.length; ) {
                final int end = Math.min(all.length, at + 1 + random.nextInt(4));
                pieces.add(Arrays.copyOfRange(all, at, end));
                at = end;
            }
            return new Pieces(pieces);
        }

        @Override
        public String decode(int[] ids) {
            final ByteArrayOutputStream joined = new ByteArrayOutputStream();
            Arrays.stream(ids).forEach(id -> joined.writeBytes(bytes.get(id)));
            return joined.toString(StandardCharsets.UTF_8);
        }

        int[] ids() {
            return IntStream.range(0, bytes.size()).toArray();
        }
    }

    private static List<String> streamed(IdsToText tokenizer, int... ids) {
        final Detokenizer detokenizer = new Detokenizer(tokenizer);
        final List<String> pieces = new ArrayList<>();
        for (int id : ids) {
            pieces.add(detokenizer.add(id));
        }
        pieces.add(detokenizer.end());
        return pieces;
    }

    @Test
    void noCharacterComesOutHalfAndTogetherThePiecesAreTheText() {
        for (int seed = 0; seed < 300; seed++) {
            final Pieces pieces = Pieces.cut(TEXT, new Random(seed));
            final List<String> streamed = streamed(pieces, pieces.ids());
            assertThat(String.join("", streamed)).isEqualTo(TEXT);
            assertThat(streamed).allSatisfy(piece -> {
                assertThat(piece).doesNotContain("\uFFFD");
                assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(piece)).isTrue();
            });
        }
    }

    /** Pieces of a text whose spaces before punctuation are taken away, as Transformers does it, one replacement after the other. */
    private record Untidy(List<String> pieces) implements IdsToText {
        private static final String[] PARTS = {
            " ", " ", " .", ".", " ?", "'", " '", " ' ", "n", " n", "'t", "s", " 's", "ve", "'re", "m", "word", ","
        };

        static Untidy random(Random random) {
            return new Untidy(IntStream.range(0, 14)
                    .mapToObj(i -> PARTS[random.nextInt(PARTS.length)])
                    .toList());
        }

        @Override
        public String decode(int[] ids) {
            return Arrays.stream(ids).mapToObj(pieces::get).collect(Collectors.joining());
        }

        @Override
        public boolean cleansUp() {
            return true;
        }

        @Override
        public String cleaned(String text) {
            return text.replace(" .", ".")
                    .replace(" ?", "?")
                    .replace(" !", "!")
                    .replace(" ,", ",")
                    .replace(" ' ", "'")
                    .replace(" n't", "n't")
                    .replace(" 'm", "'m")
                    .replace(" 's", "'s")
                    .replace(" 've", "'ve")
                    .replace(" 're", "'re");
        }
    }

    @Test
    void piecesOfATextThatIsCleanedUpAreTogetherTheWholeTextCleanedUp() {
        for (int seed = 0; seed < 20_000; seed++) {
            final Untidy tokenizer = Untidy.random(new Random(seed));
            final int[] ids = IntStream.range(0, tokenizer.pieces().size()).toArray();
            final String whole = tokenizer.cleaned(tokenizer.decode(ids));
            assertThat(String.join("", streamed(tokenizer, ids))).isEqualTo(whole);
            assertThat(Detokenizer.text(tokenizer, ids)).isEqualTo(whole);
        }
        final Untidy words = new Untidy(List.of("It", " is", " .", " That", " 's", " all"));
        assertThat(streamed(words, 0, 1, 2, 3, 4, 5)).containsExactly("", "It", " is", ".", " That", "'s", " all");
    }

    @Test
    void bytesThatAreNoTextComeOutAsTheTokenizerSpellsThem() {
        for (int seed = 0; seed < 300; seed++) {
            final Random random = new Random(seed);
            final List<byte[]> bytes = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                final byte[] piece = new byte[1 + random.nextInt(3)];
                random.nextBytes(piece);
                bytes.add(random.nextBoolean() ? piece : "aé".getBytes(StandardCharsets.UTF_8));
            }
            final Pieces pieces = new Pieces(bytes);
            assertThat(String.join("", streamed(pieces, pieces.ids()))).isEqualTo(pieces.decode(pieces.ids()));
        }
    }

    @Test
    void aWordComesOutWithItsOwnToken() {
        final Pieces words = new Pieces(List.of(
                "The".getBytes(StandardCharsets.UTF_8),
                " cat".getBytes(StandardCharsets.UTF_8),
                new byte[] {' ', (byte) 0xE2, (byte) 0x80},
                new byte[] {(byte) 0xA6}));
        assertThat(streamed(words, words.ids())).containsExactly("The", " cat", " ", "…", "");
    }

    /** Llama's: words with their space before, which a text loses at its beginning; tokens of a byte below 256, as U+FFFD in runs. */
    private static final IdsToText FALLBACK = new IdsToText() {
        @Override
        public String decode(int[] ids) {
            return fallback(ids);
        }

        @Override
        public boolean isByte(int id) {
            return id < 256;
        }
    };

    private static String fallback(int... ids) {
        final StringBuilder text = new StringBuilder();
        final ByteArrayOutputStream run = new ByteArrayOutputStream();
        for (int id : ids) {
            if (id < 256) {
                run.write(id);
            } else {
                text.append(spelled(run)).append(id == 999 ? "" : " w" + id);
            }
        }
        text.append(spelled(run));
        return text.toString().startsWith(" ") ? text.substring(1) : text.toString();
    }

    private static String spelled(ByteArrayOutputStream run) {
        final byte[] bytes = run.toByteArray();
        run.reset();
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return "\uFFFD".repeat(bytes.length);
        }
    }

    @Test
    void theSpaceThatATextLosesAtItsBeginningIsLostThereAlone() {
        assertThat(streamed(FALLBACK, 999, 300, 999, 301, 0xC3, 0xA9, 302))
                .containsExactly("", "w300", "", " w301", "", "", "é w302", "");
    }

    @Test
    void aRunOfBytesStaysBackUntilItIsOver() {
        assertThat(streamed(FALLBACK, 300, 0xC3, 0xA9, 0x80, 301))
                .containsExactly("w300", "", "", "", "\uFFFD\uFFFD\uFFFD w301", "");
        assertThat(streamed(FALLBACK, 0xC3, 0xA9)).containsExactly("", "", "é");
        assertThat(streamed(FALLBACK, 0xE2, 0x80)).containsExactly("", "", "\uFFFD\uFFFD");
    }

    @Test
    void whereATokenizerChangesItsMindAboutWhatCameOutTheRestFollows() {
        assertThat(streamed(DetokenizerTest::fallback, 300, 0xC3, 0xA9, 0xC3, 0xA9, 0x80, 301))
                .containsExactly("w300", "", "é", "", "é", "", "\uFFFD w301", "");
    }
}
