package dev.finetune.bert.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Question;
import dev.finetune.data.Text;
import dev.finetune.data.Words;
import dev.finetune.error.FinetuneException;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class EncodersTest {
    private static final CollateContext ANY = new CollateContext(CollateContext.Purpose.TRAINING, 1);

    private static Function<Label, Target> tags(List<String> names) {
        return label -> label instanceof Label.Tags tags
                ? new Target.Sequence(
                        tags.tags().stream().mapToInt(names::indexOf).toArray())
                : new Target.None();
    }

    private static SequenceEncoder sequence(int maxLength, Function<Label, Target> targets) {
        Tokenizer tokenizer = Tokenizer.open(Fixtures.bertModel());
        return new SequenceEncoder(tokenizer, TextLayout.of(tokenizer, maxLength, true), targets);
    }

    private static WordsEncoder words(int maxLength) {
        Tokenizer tokenizer = Tokenizer.openForWords(Fixtures.bertModel());
        return new WordsEncoder(tokenizer, TextLayout.of(tokenizer, maxLength, true), tags(List.of("O", "B", "I")));
    }

    private static QuestionEncoder questions(int maxLength, int stride) {
        Tokenizer tokenizer = Tokenizer.open(Fixtures.bertModel());
        return new QuestionEncoder(tokenizer, TextLayout.of(tokenizer, maxLength, true), stride);
    }

    private static long[] longs(HostBatch batch, String column) {
        return ((HostTensor.Longs) batch.columns().get(column)).data();
    }

    @Test
    void rowsArePaddedToTheLongest() {
        try (SequenceEncoder encoder = sequence(16, label -> new Target.Index(1))) {
            List<Encoded> rows = encoder.encode(List.of(
                    new Example<>(Text.of("the time"), Label.of("a")),
                    new Example<>(Text.pair("the", "time ."), Label.of("a"))));
            HostBatch batch = encoder.collate(rows, ANY);
            assertThat(batch.columns().get("input_ids").shape()).containsExactly(2, 6);
            assertThat(longs(batch, "attention_mask")).containsExactly(1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1);
            assertThat(longs(batch, "token_type_ids")).containsExactly(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1);
            assertThat(longs(batch, "input_ids")[4]).isZero();
            assertThat(longs(batch, "labels")).containsExactly(1, 1);
            assertThat(batch.columns().get("labels").shape()).containsExactly(2);
            assertThat(((EncodedText) rows.get(0)).typeIds()).isEmpty();
            assertThat(batch.rows()).isEqualTo(rows);
        }
    }

    @Test
    void familiesWithoutTokenTypesGetNone() {
        Tokenizer tokenizer = Tokenizer.open(Fixtures.bertModel());
        TextLayout layout = new TextLayout(16, false, 7);
        try (SequenceEncoder encoder = new SequenceEncoder(tokenizer, layout, label -> new Target.None())) {
            List<Encoded> rows = encoder.encode(List.of(
                    new Example<>(Text.pair("the", "time"), Label.none()),
                    new Example<>(Text.of("the"), Label.none())));
            HostBatch batch = encoder.collate(rows, ANY);
            assertThat(batch.columns()).containsOnlyKeys("input_ids", "attention_mask");
            assertThat(((EncodedText) rows.get(0)).typeIds()).isEmpty();
            assertThat(longs(batch, "input_ids")).endsWith(3, 7, 7);
        }
    }

    @Test
    void numbersAreAMatrixOfFloats() {
        try (SequenceEncoder encoder = sequence(16, label -> new Target.Vector(new float[] {0.5f, -1}))) {
            Example<Text> example = new Example<>(Text.of("the"), Label.of(1));
            HostBatch batch = encoder.collate(encoder.encode(List.of(example, example)), ANY);
            HostTensor.Floats labels = (HostTensor.Floats) batch.columns().get("labels");
            assertThat(labels.shape()).containsExactly(2, 2);
            assertThat(labels.data()).containsExactly(0.5f, -1, 0.5f, -1);
        }
    }

    @Test
    void labelledAndUnlabelledRowsDoNotMix() {
        try (SequenceEncoder encoder =
                sequence(16, label -> label instanceof Label.None ? new Target.None() : new Target.Index(0))) {
            List<Encoded> rows = encoder.encode(
                    List.of(new Example<>(Text.of("the"), Label.of("a")), new Example<>(Text.of("the"), Label.none())));
            assertThatThrownBy(() -> encoder.collate(rows, ANY))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("Row 1");
        }
    }

    @Test
    void cutRowsAreCounted() {
        try (SequenceEncoder encoder = sequence(8, label -> new Target.None())) {
            encoder.encode(List.of(
                    new Example<>(Text.of("the ".repeat(6)), Label.none()),
                    new Example<>(Text.of("the ".repeat(7)), Label.none()),
                    new Example<>(Text.pair("the the", "the the the the"), Label.none())));
            assertThat(encoder.truncated()).isEqualTo(2);
        }
    }

    @Test
    void theFirstTokenOfAWordCarriesItsTag() {
        try (WordsEncoder encoder = words(64)) {
            Label label = new Label.Tags(List.of("O", "B", "I"));
            EncodedText row =
                    (EncodedText) encoder.encode(List.of(new Example<>(Words.of("the", "naive", "time"), label)))
                            .get(0);
            int[] firsts = ((EncodedText.Trace.WordStarts) row.trace()).firstTokens();
            assertThat(firsts[0]).isEqualTo(1);
            assertThat(firsts[1]).isEqualTo(2);
            assertThat(firsts[2]).isGreaterThan(3);
            int[] labels = ((Target.Sequence) row.target()).indices();
            assertThat(labels).hasSize(row.length());
            for (int i = 0; i < labels.length; i++) {
                int expected = i == firsts[0] ? 0 : i == firsts[1] ? 1 : i == firsts[2] ? 2 : Target.IGNORED;
                assertThat(labels[i]).isEqualTo(expected);
            }
            HostBatch batch = encoder.collate(List.of(row), ANY);
            assertThat(batch.columns().get("labels").shape()).containsExactly(1, row.length());
        }
    }

    @Test
    void wordsWithoutTokensAndCutWordsHaveNoPlace() {
        try (WordsEncoder encoder = words(5)) {
            Words input = Words.of("the", "\u200b", "time", "the", "time", "the");
            EncodedText row = (EncodedText)
                    encoder.encode(List.of(new Example<>(input, Label.none()))).get(0);
            assertThat(((EncodedText.Trace.WordStarts) row.trace()).firstTokens())
                    .containsExactly(1, -1, 2, 3, -1, -1);
            assertThat(encoder.truncated()).isEqualTo(1);
            assertThat(encoder.truncatedWords()).isEqualTo(2);
            assertThat(row.target()).isEqualTo(new Target.None());
        }
    }

    @Test
    void asManyTagsAsWordsAreNeeded() {
        try (WordsEncoder encoder = words(16)) {
            Example<Words> wrong = new Example<>(Words.of("the", "time", "works"), new Label.Tags(List.of("O", "B")));
            assertThatThrownBy(() -> encoder.encode(List.of(wrong)))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("3 words")
                    .hasMessageContaining("2 tags")
                    .hasMessageContaining("the time works");
        }
    }

    @Test
    void byteLevelTokenizersMustBeOpenedForWords() {
        Tokenizer tokenizer = Tokenizer.open(Fixtures.robertaModel());
        TextLayout layout = TextLayout.of(tokenizer, 16, false);
        assertThatThrownBy(() -> new WordsEncoder(tokenizer, layout, tags(List.of("O"))))
                .hasMessageContaining("openForWords");
        tokenizer.close();
    }

    @Test
    void aQuestionWithoutAnswerPointsAtTheFirstToken() {
        try (QuestionEncoder encoder = questions(32, 4)) {
            Question question = new Question("what ?", "the product arrived on time");
            List<Encoded> rows = encoder.encode(List.of(new Example<>(question, new Label.Answers(List.of()))));
            assertThat(rows.get(0).target()).isEqualTo(new Target.Span(0, 0));
            HostBatch batch = encoder.collate(rows, ANY);
            assertThat(longs(batch, "start_positions")).containsExactly(0);
            assertThat(longs(batch, "end_positions")).containsExactly(0);
            assertThat(encoder.encode(List.of(new Example<>(question, Label.none())))
                            .get(0)
                            .target())
                    .isEqualTo(new Target.None());
        }
    }

    @Test
    void anAnswerThatIsNotThereIsRefused() {
        try (QuestionEncoder encoder = questions(32, 4)) {
            Label label = new Label.Answers(List.of(new Label.Answer("product", 5)));
            Example<Question> example = new Example<>(new Question("what ?", "the product arrived"), label);
            assertThatThrownBy(() -> encoder.encode(List.of(example)))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("\"product\"")
                    .hasMessageContaining("start at 5")
                    .hasMessageContaining("\"roduct \"");
        }
    }

    @Test
    void aQuestionThatLeavesNoRoomIsRefused() {
        try (QuestionEncoder encoder = questions(16, 8)) {
            Question question = new Question("the ".repeat(9), "the ".repeat(30));
            assertThatThrownBy(() -> encoder.encode(List.of(new Example<>(question, Label.none()))))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("9 tokens")
                    .hasMessageContaining("docStride");
        }
        assertThatThrownBy(() -> questions(16, 13)).hasMessageContaining("docStride");
    }

    @Test
    void anEmptyContextHasOneWindowAndNoAnswer() {
        try (QuestionEncoder encoder = questions(16, 4)) {
            List<Encoded> rows = encoder.encode(List.of(new Example<>(new Question("what ?", ""), Label.none())));
            assertThat(rows).hasSize(1);
            EncodedText row = (EncodedText) rows.get(0);
            float[] logits = new float[row.length()];
            assertThat(new SpanDecoder(SpanSettings.standard()).decode(List.of(row), List.of(logits), List.of(logits)))
                    .isEmpty();
        }
    }
}
