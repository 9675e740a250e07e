package dev.finetune.lm.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import dev.finetune.generate.BeamStop;
import dev.finetune.generate.Generated;
import dev.finetune.generate.Generated.End;
import dev.finetune.generate.Generation;
import dev.finetune.train.Cancellation;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class TextGeneratorTest {
    private static final TextGenerator GENERATOR =
            new TextGenerator(new GenerationConfig(Generation.asTheModel(), SpecialIds.none()), MarkovModel::decode);
    private static final List<int[]> PROMPTS = List.of(new int[] {3}, new int[] {4, 5, 6}, new int[] {1, 1});

    private final MarkovModel model = new MarkovModel();

    private List<Generated> write(List<int[]> prompts, Generation settings) {
        return Written.by(GENERATOR.write(expected -> model, prompts, settings, 3, new Cancellation()));
    }

    @Test
    void aTextDoesNotDependOnWhatElseIsWritten() {
        for (Generation settings : List.of(
                Generation.greedy().stopTokens(6, 9).repetitionPenalty(1.2),
                Generation.beams(3).stopTokens(6, 9).noRepeatNgram(2),
                Generation.beams(2).stopTokens(6, 9, 2).earlyStopping(BeamStop.WHEN_FULL))) {
            final List<Generated> together = write(PROMPTS, settings.maxNewTokens(12));
            for (int n = 0; n < PROMPTS.size(); n++) {
                assertThat(write(List.of(PROMPTS.get(n)), settings.maxNewTokens(12)))
                        .containsExactly(together.get(n));
            }
        }
    }

    @Test
    void rowsLeaveWhenTheyEnd() {
        final List<Generated> texts =
                write(PROMPTS, Generation.greedy().stopTokens(6, 9, 12, 3).maxNewTokens(30));
        assertThat(texts).extracting(Generated::end).contains(End.END_OF_TEXT);
        final int longest =
                texts.stream().mapToInt(text -> text.ids().size()).max().orElseThrow();
        final StringBuilder expected = new StringBuilder();
        for (int step = 0; step < longest; step++) {
            final int before = step;
            expected.append(texts.stream()
                            .filter(text -> text.ids().size() > before)
                            .count())
                    .append(' ');
        }
        assertThat(model.calls).hasToString(expected.toString());
    }

    @Test
    void samplesAreAFunctionOfTheSeedAndOfTheInputsPlace() {
        final Generation settings = Generation.sampled().maxNewTokens(20).seed(3);
        assertThat(write(PROMPTS, settings)).isEqualTo(write(PROMPTS, settings));
        assertThat(write(PROMPTS, settings)).isNotEqualTo(write(PROMPTS, settings.seed(4)));
        assertThat(write(PROMPTS.subList(0, 1), settings).get(0))
                .isEqualTo(write(PROMPTS, settings).get(0));
        final List<Generated> same = write(List.of(PROMPTS.get(1), PROMPTS.get(1)), settings);
        assertThat(same.get(0)).isNotEqualTo(same.get(1));
    }

    @Test
    void severalSamplesOfAnInputDiffer() {
        final Generated text = write(
                        PROMPTS, Generation.sampled().maxNewTokens(10).sequences(4))
                .get(1);
        assertThat(text.others()).hasSize(3).doesNotHaveDuplicates().doesNotContain(text);
        assertThat(text)
                .isEqualTo(withOthers(
                        write(PROMPTS, Generation.sampled().maxNewTokens(10)).get(1), text.others()));
    }

    private static Generated withOthers(Generated text, List<Generated> others) {
        return new Generated(text.text(), text.ids(), text.end(), text.score(), others);
    }

    @Test
    void tokensAreDrawnAsOftenAsTheyAreProbable() {
        final float[] shares = Softmax.of(model.start(new int[][] {{4, 5}})[0]);
        final int draws = 4000;
        final List<Generated> texts = new ArrayList<>();
        final Generated first = write(
                        List.of(new int[] {4, 5}),
                        Generation.sampled().topK(0).maxNewTokens(1).sequences(draws))
                .get(0);
        texts.add(first);
        texts.addAll(first.others());
        for (int id = 0; id < shares.length; id++) {
            final int wanted = id;
            final double share = texts.stream()
                            .filter(text -> text.ids().equals(List.of(wanted)))
                            .count()
                    / (double) draws;
            assertThat(share).isCloseTo(shares[id], Offset.offset(0.03));
        }
    }

    @Test
    void atALowTemperatureASampleIsTheGreedyText() {
        assertThat(write(PROMPTS, Generation.sampled().temperature(1e-4).maxNewTokens(15)))
                .extracting(Generated::ids)
                .isEqualTo(write(PROMPTS, Generation.greedy().maxNewTokens(15)).stream()
                        .map(Generated::ids)
                        .toList());
    }

    @Test
    void whatIsHandedOverIsTheText() {
        final StringBuilder streamed = new StringBuilder();
        final List<Integer> lengths = new ArrayList<>();
        final Generated text = Written.by(GENERATOR.write(
                        expected -> model,
                        new int[] {4, 5},
                        Generation.greedy().maxNewTokens(9),
                        piece -> lengths.add(streamed.append(piece).length()),
                        new Cancellation()))
                .get(0);
        assertThat(streamed).hasToString(text.text());
        assertThat(lengths).hasSize(9);
        assertThat(text.end()).isEqualTo(End.MAX_NEW_TOKENS);
    }

    @Test
    void whoeverCancelsGetsWhatIsThereWithinOneToken() {
        final Cancellation cancellation = new Cancellation();
        final List<String> pieces = new ArrayList<>();
        final Generated text = Written.by(GENERATOR.write(
                        expected -> model,
                        new int[] {4, 5},
                        Generation.greedy().maxNewTokens(1000),
                        piece -> {
                            pieces.add(piece);
                            if (pieces.size() == 3) {
                                cancellation.cancel();
                            }
                        },
                        cancellation))
                .get(0);
        assertThat(text.end()).isEqualTo(End.CANCELLED);
        assertThat(text.ids()).hasSize(3);
        assertThat(String.join("", pieces)).isEqualTo(text.text());
        assertThat(Written.by(GENERATOR.write(expected -> model, PROMPTS, Generation.beams(2), 3, cancellation)))
                .extracting(Generated::end)
                .containsOnly(End.CANCELLED);
    }

    @Test
    void anInterruptCancels() {
        Thread.currentThread().interrupt();
        assertThat(write(PROMPTS, Generation.greedy()))
                .extracting(Generated::end)
                .containsOnly(End.CANCELLED);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void aTextThatIsHandedOverHasNoBeamsAndNoOthers() {
        for (Generation settings :
                List.of(Generation.beams(2), Generation.sampled().sequences(2))) {
            assertThatThrownBy(() -> Written.by(GENERATOR.write(
                            expected -> model, new int[] {1}, settings, piece -> {}, new Cancellation())))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("Generation.greedy()");
        }
    }

    @Test
    void aPromptThatCannotBeGoneOnWithIsRefused() {
        assertThatThrownBy(() -> write(List.of(new int[0]), Generation.greedy()))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("prompt");
        assertThatThrownBy(() -> write(PROMPTS, Generation.greedy().maxLength(3)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("3 tokens")
                .hasMessageContaining("maxNewTokens");
        assertThat(write(List.of(), Generation.greedy())).isEmpty();
    }

    @Test
    void whereAllTokensAreForbiddenItIsSaid() {
        assertThatThrownBy(() ->
                        write(PROMPTS, Generation.greedy().noRepeatNgram(1).maxNewTokens(50)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("noRepeatNgram");
        assertThatThrownBy(() ->
                        write(PROMPTS, Generation.beams(3).noRepeatNgram(1).maxNewTokens(50)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("noRepeatNgram");
    }
}
