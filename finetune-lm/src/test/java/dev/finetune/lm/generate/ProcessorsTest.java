package dev.finetune.lm.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import dev.finetune.checkpoint.Weights;
import dev.finetune.error.FinetuneException;
import dev.finetune.generate.Generation;
import dev.finetune.golden.GoldenFolders;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ProcessorsTest {
    private static final float NO = Float.NEGATIVE_INFINITY;
    private static final Offset<Float> EXACT = Offset.offset(1e-5f);

    static Stream<Path> cases() {
        return GoldenFolders.below(Path.of("src/test/resources/golden")).values().stream()
                .filter(folder -> GoldenFolders.read(folder).has("samplers"));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void scoresAndProbabilitiesAreThoseOfTransformers(Path folder) {
        try (TensorScope scope = TensorScope.open();
                Weights tensors = Weights.open(folder.resolve("case.safetensors"))) {
            final long[] shape = tensors.describe("sampler.ids_before").shape();
            final long[] ids = Tensors.longs(tensors.read("sampler.ids_before"));
            final float[] logits = Tensors.floats(tensors.read("sampler.logits"));
            final int vocabulary = logits.length / (int) shape[0];
            final var samplers = GoldenFolders.read(folder).getAsJsonArray("samplers");
            for (int n = 0; n < samplers.size(); n++) {
                final float[] scores = Tensors.floats(tensors.read("sampler." + n + ".scores"));
                final float[] shares = Tensors.floats(tensors.read("sampler." + n + ".probabilities"));
                for (int row = 0; row < shape[0]; row++) {
                    final int from = row * vocabulary;
                    final float[] mine = Arrays.copyOfRange(logits, from, from + vocabulary);
                    Processors.of(settings(samplers.get(n).getAsJsonObject()), SpecialIds.none())
                            .process(draft(ids, row, (int) shape[1]), mine);
                    assertThat(mine).containsExactly(Arrays.copyOfRange(scores, from, from + vocabulary), EXACT);
                    assertThat(Softmax.of(mine))
                            .containsExactly(Arrays.copyOfRange(shares, from, from + vocabulary), EXACT);
                }
            }
        }
    }

    private static Draft draft(long[] ids, int row, int length) {
        return new Draft(Arrays.stream(ids, row * length, (row + 1) * length)
                .mapToInt(Math::toIntExact)
                .toArray());
    }

    private static Generation settings(JsonObject json) {
        Generation settings = Generation.sampled()
                .temperature(json.get("temperature").getAsDouble())
                .topK(json.get("top_k").getAsInt())
                .topP(json.get("top_p").getAsDouble())
                .repetitionPenalty(json.get("repetition_penalty").getAsDouble());
        return json.has("min_p") ? settings.minP(json.get("min_p").getAsDouble()) : settings;
    }

    private static float[] after(Generation settings, SpecialIds special, Draft text, float... scores) {
        Processors.of(settings, special).process(text, scores);
        return scores;
    }

    private static Draft text(int... ids) {
        return new Draft(ids);
    }

    @Test
    void noRunOfTokensComesTwice() {
        final Generation pairs = Generation.greedy().noRepeatNgram(2);
        assertThat(after(pairs, SpecialIds.none(), text(0, 1, 2, 0), 1, 1, 1)).containsExactly(1, NO, 1);
        assertThat(after(pairs, SpecialIds.none(), text(0), 1, 1, 1)).containsExactly(1, 1, 1);
        assertThat(after(Generation.greedy().noRepeatNgram(1), SpecialIds.none(), text(0, 2), 1, 1, 1))
                .containsExactly(NO, 1, NO);
    }

    @Test
    void noTokenEndsATextThatIsTooShort() {
        final Generation longer = Generation.greedy().stopTokens(2, 9).minNewTokens(1);
        final Draft text = text(0, 1);
        assertThat(after(longer, SpecialIds.none(), text, 1, 1, 1)).containsExactly(1, 1, NO);
        text.add(1);
        assertThat(after(longer, SpecialIds.none(), text, 1, 1, 1)).containsExactly(1, 1, 1);
        assertThat(after(Generation.greedy().stopTokens(0).minLength(4), SpecialIds.none(), text, 1, 1))
                .containsExactly(NO, 1);
    }

    @Test
    void theFirstAndTheLastTokenMayBeForced() {
        final SpecialIds special = new SpecialIds(
                OptionalInt.empty(), OptionalInt.empty(), OptionalInt.of(2), OptionalInt.of(0), List.of(2));
        final Generation three = Generation.greedy().maxNewTokens(3);
        final Draft text = text(2);
        assertThat(after(three, special, text, 1, 3, 2)).containsExactly(0, NO, NO);
        text.add(0);
        assertThat(after(three, special, text, 1, 3, 2)).containsExactly(1, 3, 2);
        text.add(1);
        assertThat(after(three, special, text, 1, 3, 2)).containsExactly(NO, NO, 0);
    }

    @Test
    void tokensBeyondTheVocabularyOfTheLogitsAreLeftAside() {
        final Generation settings = Generation.greedy().repetitionPenalty(2).noRepeatNgram(1);
        assertThat(after(settings, SpecialIds.none(), text(7, 0), 4, -4)).containsExactly(NO, -4);
        assertThat(after(Generation.greedy().repetitionPenalty(2), SpecialIds.none(), text(7, 0, 1, 0), 4, -4))
                .containsExactly(2, -8);
    }

    @Test
    void whereNothingMayComeNextOrTheModelGivesNoNumbersItIsSaid() {
        assertThatThrownBy(() -> Softmax.of(new float[] {NO, NO}))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("forbid");
        assertThatThrownBy(() -> Softmax.of(new float[] {1, Float.NaN}))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("NaN");
    }
}
