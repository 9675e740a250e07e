package dev.finetune.bert.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.Target;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Question;
import dev.finetune.data.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Against what Transformers made of the same texts, for a WordPiece and for a byte-level tokenizer. */
class ReferenceTest {
    enum Family {
        BERT,
        ROBERTA;

        JsonObject fixture() {
            return Fixtures.read(this == BERT ? "bert.json" : "roberta.json");
        }

        Path model() {
            return this == BERT ? Fixtures.bertModel() : Fixtures.robertaModel();
        }
    }

    @ParameterizedTest
    @EnumSource
    void textsHaveTheReferencesIdsWordsAndOffsets(Family family) {
        try (Tokenizer tokenizer = Tokenizer.open(family.model())) {
            for (JsonObject item : Fixtures.objects(family.fixture(), "texts")) {
                String text = item.get("text").getAsString();
                TokenizedText found = tokenizer
                        .encode(List.of(Text.of(text)), item.get("max_length").getAsInt(), Detail.OFFSETS)
                        .get(0);
                assertThat(found.ids()).as(text).isEqualTo(Fixtures.ints(item, "input_ids"));
                assertThat(found.wordIds()).as(text).isEqualTo(Fixtures.ints(item, "word_ids"));
                assertThat(Fixtures.codePoints(text, found.starts())).as(text).isEqualTo(Fixtures.offsets(item, 0));
                assertThat(Fixtures.codePoints(text, found.ends())).as(text).isEqualTo(Fixtures.offsets(item, 1));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void pairsAreCutAsTheReferenceCutsThem(Family family) {
        try (Tokenizer tokenizer = Tokenizer.open(family.model())) {
            for (JsonObject item : Fixtures.objects(family.fixture(), "pairs")) {
                Text pair = Text.pair(item.get("a").getAsString(), item.get("b").getAsString());
                TokenizedText found = tokenizer
                        .encode(List.of(pair), item.get("max_length").getAsInt())
                        .get(0);
                assertThat(found.ids()).as("%s", item).isEqualTo(Fixtures.ints(item, "input_ids"));
                assertThat(found.typeIds()).as("%s", item).isEqualTo(Fixtures.ints(item, "token_type_ids"));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void wordsAreSplitAsTheReferenceSplitsThem(Family family) {
        try (Tokenizer tokenizer = Tokenizer.openForWords(family.model())) {
            for (JsonObject item : Fixtures.objects(family.fixture(), "words")) {
                TokenizedText found = tokenizer.encodeWords(
                        Fixtures.strings(item, "words"), item.get("max_length").getAsInt());
                assertThat(found.ids()).as("%s", item).isEqualTo(Fixtures.ints(item, "input_ids"));
                assertThat(found.wordIds()).as("%s", item).isEqualTo(Fixtures.ints(item, "word_ids"));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void questionsMakeTheReferencesWindowsAndTargets(Family family) {
        for (JsonObject item : Fixtures.objects(family.fixture(), "questions")) {
            List<EncodedText> rows = windows(family, item);
            List<JsonObject> expected = Fixtures.objects(item, "windows");
            assertThat(rows).hasSameSizeAs(expected);
            String context = item.get("context").getAsString();
            for (int i = 0; i < rows.size(); i++) {
                checkWindow(rows.get(i), expected.get(i), context, i, rows.size());
            }
        }
    }

    private static void checkWindow(EncodedText row, JsonObject expected, String context, int index, int count) {
        assertThat(row.ids()).isEqualTo(Fixtures.ints(expected, "input_ids"));
        int[] types = Fixtures.ints(expected, "token_type_ids");
        for (int i = 0; i < row.length(); i++) {
            int type = row.typeIds().length == 0 ? 0 : row.typeIds()[i];
            assertThat(type).isEqualTo(types[i]);
        }
        QuestionWindow window = ((EncodedText.Trace.Window) row.trace()).window();
        assertThat(window.window()).isEqualTo(index);
        assertThat(window.windows()).isEqualTo(count);
        List<JsonElement> inside = expected.getAsJsonArray("inside").asList();
        int[] starts = Fixtures.offsets(expected, 0);
        int[] ends = Fixtures.offsets(expected, 1);
        for (int i = 0; i < row.length(); i++) {
            assertThat(window.holds(i)).isEqualTo(inside.get(i).getAsBoolean());
            if (window.holds(i)) {
                assertThat(context.codePointCount(0, window.start(i))).isEqualTo(starts[i]);
                assertThat(context.codePointCount(0, window.end(i))).isEqualTo(ends[i]);
            }
        }
        int[] span = Fixtures.ints(expected, "span");
        assertThat(row.target()).isEqualTo(new Target.Span(span[0], span[1]));
    }

    @ParameterizedTest
    @EnumSource
    void logitsGiveTheReferencesBestAnswers(Family family) {
        SpanDecoder decoder = new SpanDecoder(SpanSettings.standard());
        for (JsonObject item : Fixtures.objects(family.fixture(), "questions")) {
            List<EncodedText> rows = windows(family, item);
            List<JsonObject> logits = Fixtures.objects(item, "windows");
            List<AnswerSpan> found = decoder.decode(
                    rows,
                    logits.stream().map(w -> Fixtures.floats(w, "start_logits")).toList(),
                    logits.stream().map(w -> Fixtures.floats(w, "end_logits")).toList());
            List<JsonObject> expected = Fixtures.objects(item, "best");
            String context = item.get("context").getAsString();
            assertThat(found).hasSameSizeAs(expected);
            for (int i = 0; i < found.size(); i++) {
                AnswerSpan span = found.get(i);
                assertThat(span.text()).isEqualTo(expected.get(i).get("text").getAsString());
                assertThat(span.text()).isEqualTo(context.substring(span.start(), span.end()));
                assertThat(context.codePointCount(0, span.start()))
                        .isEqualTo(expected.get(i).get("start").getAsInt());
                assertThat(span.score()).isCloseTo(expected.get(i).get("score").getAsDouble(), within(1e-5));
                assertThat(span.probability())
                        .isCloseTo(expected.get(i).get("probability").getAsDouble(), within(1e-5));
            }
        }
    }

    private static List<EncodedText> windows(Family family, JsonObject item) {
        String context = item.get("context").getAsString();
        int start = context.offsetByCodePoints(0, item.get("answer_start").getAsInt());
        Label label =
                new Label.Answers(List.of(new Label.Answer(item.get("answer").getAsString(), start)));
        Question question = new Question(item.get("question").getAsString(), context);
        Tokenizer tokenizer = Tokenizer.open(family.model());
        TextLayout layout = TextLayout.of(tokenizer, item.get("max_length").getAsInt(), true);
        try (QuestionEncoder encoder =
                new QuestionEncoder(tokenizer, layout, item.get("stride").getAsInt())) {
            List<EncodedText> rows = new ArrayList<>();
            for (Encoded row : encoder.encode(List.of(new Example<>(question, label)))) {
                rows.add((EncodedText) row);
            }
            return rows;
        }
    }

    @Test
    void aBareVocabularyFollowsItsSettings(@TempDir Path temp) throws IOException {
        int number = 0;
        for (JsonObject item : Fixtures.objects(Fixtures.read("bert.json"), "variants")) {
            Path model = Files.createDirectory(temp.resolve("variant" + number++));
            Files.copy(Fixtures.bertModel().resolve("vocab.txt"), model.resolve("vocab.txt"));
            Files.writeString(
                    model.resolve("tokenizer_config.json"), item.get("config").toString());
            try (Tokenizer tokenizer = Tokenizer.open(model)) {
                Text text = Text.of(item.get("text").getAsString());
                assertThat(tokenizer.encode(List.of(text), 64).get(0).ids())
                        .as("%s", item)
                        .isEqualTo(Fixtures.ints(item, "input_ids"));
            }
        }
    }

    @Test
    void theSettingsWinOverTheNormalizerOfTokenizerJson(@TempDir Path temp) throws IOException {
        int number = 0;
        for (JsonObject item : Fixtures.objects(Fixtures.read("bert.json"), "variants")) {
            Path model = Files.createDirectory(temp.resolve("variant" + number++));
            Files.copy(Fixtures.bertModel().resolve("tokenizer.json"), model.resolve("tokenizer.json"));
            Files.writeString(
                    model.resolve("tokenizer_config.json"), item.get("config").toString());
            try (Tokenizer tokenizer = Tokenizer.open(model)) {
                Text text = Text.of(item.get("text").getAsString());
                assertThat(tokenizer.encode(List.of(text), 64).get(0).ids())
                        .as("%s", item)
                        .isEqualTo(Fixtures.ints(item, "input_ids"));
            }
        }
    }

    @Test
    void vocabJsonAndMergesAloneMakeTheByteLevelTokenizer(@TempDir Path temp) throws IOException {
        JsonObject model =
                Fixtures.json(Fixtures.robertaModel().resolve("tokenizer.json")).getAsJsonObject("model");
        Files.writeString(temp.resolve("vocab.json"), model.get("vocab").toString());
        StringBuilder merges = new StringBuilder("#version: 0.2\n");
        for (JsonElement merge : model.getAsJsonArray("merges")) {
            merges.append(merge.getAsJsonArray().get(0).getAsString())
                    .append(' ')
                    .append(merge.getAsJsonArray().get(1).getAsString())
                    .append('\n');
        }
        Files.writeString(temp.resolve("merges.txt"), merges);
        try (Tokenizer tokenizer = Tokenizer.open(temp)) {
            for (JsonObject item : Fixtures.objects(Family.ROBERTA.fixture(), "texts")) {
                Text text = Text.of(item.get("text").getAsString());
                TokenizedText found = tokenizer
                        .encode(List.of(text), item.get("max_length").getAsInt(), Detail.OFFSETS)
                        .get(0);
                assertThat(found.ids()).isEqualTo(Fixtures.ints(item, "input_ids"));
                assertThat(Fixtures.codePoints(text.text(), found.ends())).isEqualTo(Fixtures.offsets(item, 1));
            }
        }
    }
}
