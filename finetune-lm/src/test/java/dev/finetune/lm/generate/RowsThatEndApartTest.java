package dev.finetune.lm.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Text;
import dev.finetune.head.Heads;
import dev.finetune.nn.TensorValues;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts side by side of which each keeps as many of the tokens that were read as it likes. */
class RowsThatEndApartTest {
    private static final int VOCABULARY = 60;
    private static final int LENGTH = 230;
    private static final String NARROW =
            "'hidden_size':32,'intermediate_size':48,'num_hidden_layers':2,'num_attention_heads':4,"
                    + "'num_key_value_heads':2,'max_position_embeddings':300,'vocab_size':60,";
    private static final String GPT2 =
            "'model_type':'gpt2','vocab_size':60,'n_layer':2,'n_embd':32,'n_head':4,'n_positions':300";
    private static final String MISTRAL = NARROW + "'model_type':'mistral','sliding_window':16";
    private static final String GEMMA2 = NARROW + "'model_type':'gemma2','head_dim':8,'query_pre_attn_scalar':8,"
            + "'sliding_window':16,'attn_logit_softcapping':2.0,'final_logit_softcapping':30.0";
    private static final String DYNAMIC =
            NARROW + "'model_type':'llama','rope_scaling':{'rope_type':'dynamic','factor':2.0}";

    @TempDir
    private Path folder;

    private FineTuned<Text> model(String config) throws IOException {
        Files.writeString(folder.resolve("config.json"), ("{'eos_token_id':1," + config + "}").replace('\'', '"'));
        Files.writeString(
                folder.resolve("tokenizer.json"),
                "{\"version\":\"1.0\",\"added_tokens\":[],\"pre_tokenizer\":{\"type\":\"WhitespaceSplit\"},\"model\":"
                        + "{\"type\":\"WordLevel\",\"unk_token\":\"<unk>\",\"vocab\":{\"<unk>\":0,\"</s>\":1}}}");
        return FineTuner.from(folder)
                .initialization(i -> i.randomWeights(true))
                .head(Heads.causalLm())
                .untrained(Text.class);
    }

    /** Its tokens, whatever the model would write, and the logits after each but the first. */
    private record Whole(int[] tokens, float[][] logits) {
        int[] from(int place, int count) {
            return Arrays.copyOfRange(tokens, place, place + count);
        }
    }

    /** A text of those that are gone on with, and how many of its tokens were read. */
    private record Row(Whole text, int read) {}

    private static Whole whole(FineTuned<Text> model, Random random) {
        final int[] tokens = random.ints(LENGTH, 0, VOCABULARY).toArray();
        try (NetworkTokens one = new NetworkTokens(model.assembly().network(), 1, 40)) {
            one.start(new int[][] {{tokens[0]}});
            final float[][] logits =
                    one.readSeveral(new int[][] {Arrays.copyOfRange(tokens, 1, LENGTH)}, TensorValues::rows);
            return new Whole(tokens, logits);
        }
    }

    /** Some texts, and what is done with them at random. */
    private static final class Rows implements AutoCloseable {
        private final FineTuned<Text> model;
        private final Random random;
        private final List<Whole> texts;
        private final NetworkTokens tokens;
        private List<Row> rows = new ArrayList<>();
        private int apart;

        Rows(FineTuned<Text> model, Random random, List<Whole> texts, int count) {
            this.model = model;
            this.random = random;
            this.texts = texts;
            this.tokens = new NetworkTokens(model.assembly().network(), 1, 40);
            for (int i = 0; i < count; i++) {
                rows.add(new Row(texts.get(random.nextInt(texts.size())), 1 + random.nextInt(90)));
            }
            tokens.start(rows.stream().map(row -> row.text.from(0, row.read)).toArray(int[][]::new));
        }

        /** Some of each row's next tokens, with wrong ones after them that it forgets. */
        void read(NetworkTokens from, List<Row> which) {
            final int[] right = new int[which.size()];
            final int[][] all = new int[which.size()][];
            for (int i = 0; i < all.length; i++) {
                final Row row = which.get(i);
                right[i] = 1 + random.nextInt(5);
                all[i] = IntStream.concat(
                                Arrays.stream(row.text.from(row.read, right[i])),
                                random.ints(random.nextInt(4), 0, VOCABULARY))
                        .toArray();
            }
            final float[][] logits = from.readSeveral(all, TensorValues::rows);
            from.keep(right);
            apart += Arrays.stream(right).distinct().count() > 1 ? 1 : 0;
            int at = 0;
            for (int i = 0; i < all.length; i++) {
                final Row row = which.get(i);
                for (int j = 0; j < right[i]; j++) {
                    assertThat(logits[at + j]).containsExactly(row.text.logits[row.read + j - 1], within(2e-4f));
                }
                at += all[i].length;
                which.set(i, new Row(row.text, row.read + right[i]));
            }
        }

        /** One token of each row. */
        void readOne() {
            final float[][] logits = tokens.next(
                    rows.stream().mapToInt(row -> row.text.tokens[row.read]).toArray());
            for (int i = 0; i < logits.length; i++) {
                final Row row = rows.get(i);
                assertThat(logits[i]).containsExactly(row.text.logits[row.read - 1], within(2e-4f));
                rows.set(i, new Row(row.text, row.read + 1));
            }
        }

        void keepSome() {
            final List<Integer> places = new ArrayList<>(IntStream.range(0, rows.size())
                    .filter(place -> rows.get(place).read < LENGTH - 10)
                    .boxed()
                    .toList());
            Collections.shuffle(places, random);
            final List<Integer> kept = places.subList(0, Math.min(places.size(), 3));
            if (!kept.isEmpty()) {
                tokens.select(kept.stream().mapToInt(each -> each).toArray());
                rows = new ArrayList<>(kept.stream().map(rows::get).toList());
            }
        }

        void joinOthers() {
            try (Rows others = new Rows(model, random, texts, 1 + random.nextInt(2))) {
                others.read(others.tokens, others.rows);
                tokens.join(List.of(others.tokens));
                rows.addAll(others.rows);
            }
        }

        void copyOne() {
            final int place = random.nextInt(rows.size());
            try (NetworkTokens copy = tokens.copyOf(place)) {
                final List<Row> one = new ArrayList<>(List.of(rows.get(place)));
                read(copy, one);
                read(copy, one);
            }
        }

        boolean haveRoom() {
            return rows.stream().allMatch(row -> row.read < LENGTH - 10);
        }

        @Override
        public void close() {
            tokens.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {GPT2, MISTRAL, GEMMA2})
    void eachIsReadAsIfItWereAlone(String config) throws IOException {
        try (FineTuned<Text> model = model(config)) {
            final Random random = new Random(8);
            final List<Whole> texts =
                    IntStream.range(0, 4).mapToObj(i -> whole(model, random)).toList();
            final long before = Pointer.totalCount();
            int apart = 0;
            for (int round = 0; round < 4; round++) {
                try (Rows all = new Rows(model, random, texts, 2)) {
                    for (int i = 0; i < 25; i++) {
                        switch (all.haveRoom() ? random.nextInt(8) : 0) {
                            case 0 -> all.keepSome();
                            case 1 -> all.joinOthers();
                            case 2 -> all.copyOne();
                            case 3, 4 -> all.readOne();
                            default -> all.read(all.tokens, all.rows);
                        }
                        if (!all.haveRoom()) {
                            all.keepSome();
                        }
                        if (!all.haveRoom()) {
                            break;
                        }
                    }
                    apart += all.apart;
                }
            }
            assertThat(apart).isGreaterThan(10);
            assertThat(Pointer.totalCount()).isEqualTo(before);
        }
    }

    /** Whether a caller's text has guesses read while another's is written; alone it has. */
    private static boolean guessBesideAnother(FineTuned<Text> model) {
        final TogetherTokens together = new TogetherTokens(4);
        try (NextTokens one = together.member(new NetworkTokens(model.assembly().network(), 1, 40))) {
            one.start(new int[][] {{5, 6, 7}});
            assertThat(one.readsGuesses(1)).isTrue();
            try (NextTokens other =
                    together.member(new NetworkTokens(model.assembly().network(), 1, 40))) {
                other.start(new int[][] {{8, 9}});
                assertThat(other.readsGuesses(1)).isEqualTo(one.readsGuesses(1));
                return one.readsGuesses(1);
            }
        }
    }

    @Test
    void callersGuessBesideOthers() throws IOException {
        try (FineTuned<Text> model = model(MISTRAL)) {
            assertThat(guessBesideAnother(model)).isTrue();
        }
    }

    @Test
    void textsWhoseLengthsTouchEachOtherGuessAloneOnly() throws IOException {
        try (FineTuned<Text> model = model(DYNAMIC);
                NetworkTokens tokens = new NetworkTokens(model.assembly().network(), 1, 40)) {
            assertThat(tokens.readsGuesses(1)).isTrue();
            assertThat(tokens.readsGuesses(2)).isFalse();
            assertThat(tokens.worth(new Guess[] {new Guess(new int[5], 0.9), Guess.NONE}))
                    .allMatch(guess -> guess.length() == 0);
            assertThat(guessBesideAnother(model)).isFalse();
        }
    }
}
