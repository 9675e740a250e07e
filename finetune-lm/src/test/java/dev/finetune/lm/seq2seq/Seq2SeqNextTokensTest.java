package dev.finetune.lm.seq2seq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.HostTensor;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.golden.GoldenCase;
import dev.finetune.golden.GoldenDevice;
import dev.finetune.lm.generate.GuessedTokens;
import dev.finetune.train.DeviceChoice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A decoder goes on token by token as if it read all at once, and writes what Transformers writes. */
class Seq2SeqNextTokensTest {
    private static FineTuned<Text> load(GoldenCase golden) {
        return FineTuner.from(golden.model()).device(GoldenDevice.choice()).untrained(Text.class);
    }

    /** What the case's texts are written for. */
    static List<int[]> sources(GoldenCase golden) {
        return sources((HostTensor.Longs) golden.tensors().get("generate.input_ids"), (HostTensor.Longs)
                golden.tensors().get("generate.attention_mask"));
    }

    /** The sources without their padding. */
    private static List<int[]> sources(HostTensor.Longs ids, HostTensor.Longs mask) {
        final int length = Math.toIntExact(ids.shape()[1]);
        final List<int[]> sources = new ArrayList<>();
        for (int from = 0; from < ids.data().length; from += length) {
            final int row = from;
            sources.add(IntStream.range(row, row + length)
                    .filter(i -> mask.data()[i] == 1)
                    .map(i -> (int) ids.data()[i])
                    .toArray());
        }
        return sources;
    }

    private static Seq2SeqNextTokens tokens(FineTuned<Text> model, List<int[]> sources, int padding) {
        return new Seq2SeqNextTokens(model.assembly().network(), sources, padding, 1, GoldenDevice.device());
    }

    private static int best(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            best = logits[i] > logits[best] ? i : best;
        }
        return best;
    }

    @ParameterizedTest
    @ValueSource(strings = {"t5-summarization", "bart-summarization"})
    void theMostProbableTokensAreThoseThatTransformersWrites(String name) {
        final GoldenCase golden = Seq2SeqCases.open(name);
        final JsonObject greedy =
                golden.json().getAsJsonArray("generation").get(0).getAsJsonObject();
        assertThat(greedy.get("kind").getAsString()).isEqualTo("greedy");
        final int[][] expected = greedy.getAsJsonArray("ids").asList().stream()
                .map(row -> row.getAsJsonArray().asList().stream()
                        .mapToInt(JsonElement::getAsInt)
                        .toArray())
                .toArray(int[][]::new);
        final int padding =
                greedy.getAsJsonObject("settings").get("pad_token_id").getAsInt();
        final boolean forced = name.startsWith("bart"); // Its first and its last token.
        final int length = expected[0].length;
        final int[][] found = new int[expected.length][length];
        try (FineTuned<Text> model = load(golden);
                Seq2SeqNextTokens next = tokens(model, sources(golden), padding)) {
            final int start = golden.number("decoder_start_token_id");
            float[][] logits = next.start(new int[][] {{start}, {start}});
            for (int row = 0; row < found.length; row++) {
                found[row][0] = start;
            }
            for (int i = 1; i < length; i++) {
                for (int row = 0; row < found.length; row++) {
                    final boolean given = forced && (i == 1 || i == length - 1);
                    found[row][i] = given ? expected[row][i] : best(logits[row]);
                }
                final int now = i;
                logits =
                        next.next(Arrays.stream(found).mapToInt(row -> row[now]).toArray());
            }
        }
        assertThat(found).isDeepEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"t5-summarization", "t5-untied", "t5-relu", "bart-summarization", "bart-scaled"})
    void rowsThatWereChosenGoOnAsIfTheyHadBeenAloneFromTheStart(String name) {
        final GoldenCase golden = Seq2SeqCases.open(name);
        final List<int[]> sources =
                sources(Seq2SeqCases.column(golden, 0, "input_ids"), Seq2SeqCases.column(golden, 0, "attention_mask"));
        final int[] chosen = {2, 0, 2, 1};
        final int[][] prompts = {{3, 5}, {4, 7}, {6, 8}};
        try (FineTuned<Text> model = load(golden)) {
            tokens(model, sources, 0).close();
            final long before = Pointer.totalCount();
            final float[][] continued;
            try (Seq2SeqNextTokens next = tokens(model, sources, 0)) {
                next.start(prompts);
                next.next(new int[] {9, 10, 11});
                next.select(chosen);
                continued = next.next(new int[] {12, 13, 14, 15});
            }
            assertThat(Pointer.totalCount()).isEqualTo(before);
            final int[] third = {9, 10, 11};
            for (int row = 0; row < chosen.length; row++) {
                final int from = chosen[row];
                try (Seq2SeqNextTokens alone = tokens(model, List.of(sources.get(from)), 0)) {
                    final float[][] whole =
                            alone.start(new int[][] {{prompts[from][0], prompts[from][1], third[from], 12 + row}});
                    assertThat(continued[row]).containsExactly(whole[0], within(2e-5f));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"t5-summarization", "t5-untied", "t5-relu", "bart-summarization", "bart-scaled"})
    void tokensThatAreGuessedAreSaidAsOneByOne(String name) {
        final GoldenCase golden = Seq2SeqCases.open(name);
        final List<int[]> source = sources(
                        Seq2SeqCases.column(golden, 0, "input_ids"), Seq2SeqCases.column(golden, 0, "attention_mask"))
                .subList(0, 1);
        try (FineTuned<Text> model = load(golden)) {
            GuessedTokens.changeNothing(
                    () -> tokens(model, source, 0),
                    new int[][] {{golden.number("decoder_start_token_id")}},
                    GoldenDevice.choice() == DeviceChoice.CPU);
        }
    }

    @Test
    void beginningsThatDontFitTheSourcesAreRefused() {
        final GoldenCase golden = Seq2SeqCases.open("t5-relu");
        try (FineTuned<Text> model = load(golden);
                Seq2SeqNextTokens next = tokens(model, List.of(new int[] {3, 1}, new int[] {4, 1}), 0)) {
            assertThatThrownBy(() -> next.start(new int[][] {{0}}))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("There are 2 sources, and 1 beginnings");
            assertThatThrownBy(() -> next.start(new int[][] {{0}, {0, 3}}))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("equally long");
            next.start(new int[][] {{0}, {0}});
            assertThatThrownBy(() -> next.start(new int[][] {{0}, {0}}))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("have begun already");
            assertThatThrownBy(() -> tokens(model, List.of(), 0))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("at least one token");
        }
    }
}
