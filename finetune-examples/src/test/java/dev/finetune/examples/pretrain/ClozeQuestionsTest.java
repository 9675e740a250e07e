package dev.finetune.examples.pretrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Question;
import dev.finetune.error.FinetuneException;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ClozeQuestionsTest {
    private static final List<String> TEXTS = List.of(
            "The ferry left Harwich before dawn, with sixty sheep and a piano on deck. Nobody had asked the captain, "
                    + "Martha Quayle, about the piano; she had simply signed for it. By noon the wind stood in the west.",
            "Bees find their way by the sun, even on cloudy days. In 1914 a schoolteacher painted numbers on three hundred "
                    + "of them and waited beside a dish of sugar, notebook in hand, to see who came back first.");

    @Test
    void everyAnswerStandsWhereItIsSaidToStand() {
        for (ClozeQuestions questions : List.of(questions(0, 7), questions(0.6, 8))) {
            for (Example<Question> example : some(questions)) {
                final Label.Answer answer = answer(example);
                assertThat(example.input()
                                .context()
                                .substring(
                                        answer.start(),
                                        answer.start() + answer.text().length()))
                        .isEqualTo(answer.text());
                assertThat(example.input().question()).endsWith("?");
            }
        }
    }

    @Test
    void answersNeitherBeginNorEndWithAFunctionWord() {
        assertThat(some(questions(0, 7)))
                .noneMatch(example -> answer(example).text().matches("(?i)(the|a|of|and|on) .*"));
        assertThat(some(questions(0, 7)))
                .noneMatch(example -> answer(example).text().matches("(?i).* (the|a|of|and|on)"));
    }

    @Test
    void withoutDroppingAQuestionAsksWithTheWordsAroundTheAnswer() {
        final ClozeQuestions questions = questions(0, 3);
        assertThat(some(questions)).anySatisfy(example -> {
            assertThat(answer(example).text()).isEqualTo("signed");
            assertThat(example.input().question()).contains("she had simply").contains("for it");
        });
    }

    @Test
    void aSeedGivesTheSameQuestionsAndAnotherSeedOthers() {
        assertThat(some(questions(0.4, 1))).isEqualTo(some(questions(0.4, 1))).isNotEqualTo(some(questions(0.4, 2)));
    }

    @Test
    void textsThatAreTooShortAreNamedByWhatIsMissing() {
        assertThatThrownBy(() -> new ClozeQuestions(List.of("Too short."), new ClozeQuestions.Shape(20, 30, 5, 0), 1))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("None of the 1 texts has the 30 words of a passage");
    }

    private static ClozeQuestions questions(double dropped, long seed) {
        return new ClozeQuestions(TEXTS, new ClozeQuestions.Shape(18, 30, 5, dropped), seed);
    }

    private static List<Example<Question>> some(ClozeQuestions questions) {
        return LongStream.range(0, 400).mapToObj(questions::question).toList();
    }

    private static Label.Answer answer(Example<Question> example) {
        return ((Label.Answers) example.label()).answers().get(0);
    }
}
