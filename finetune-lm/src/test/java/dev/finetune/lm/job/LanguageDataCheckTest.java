package dev.finetune.lm.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.DataCheck;
import dev.finetune.data.DataReport;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Finding;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.data.TokenReader;
import dev.finetune.data.TokenTotals;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Heads;
import dev.finetune.lm.Chat;
import dev.finetune.lm.Message;
import dev.finetune.lm.Preference;
import dev.finetune.lm.ToolCall;
import dev.finetune.lm.input.LmInputs;
import dev.finetune.testkit.TinyModels;
import dev.finetune.train.DeviceChoice;
import dev.finetune.train.TrainingListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is found in the data of language models, in words that people read. */
class LanguageDataCheckTest {
    @TempDir
    private static Path folder;

    private static Path gpt2;

    @BeforeAll
    static void makeModel() {
        gpt2 = TinyModels.gpt2(folder.resolve("gpt2"));
    }

    private static FineTuner tuner() {
        return FineTuner.from(gpt2)
                .head(Heads.causalLm())
                .device(DeviceChoice.CPU)
                .epochs(1)
                .maxLength(32);
    }

    private static Dataset<Text> texts(Object... textsAndCompletions) {
        final List<Example<Text>> examples = new ArrayList<>();
        for (int i = 0; i < textsAndCompletions.length; i += 2) {
            examples.add(new Example<>(
                    Text.of((String) textsAndCompletions[i]),
                    textsAndCompletions[i + 1] instanceof String completion
                            ? Label.completion(completion)
                            : Label.none()));
        }
        return Dataset.of(Text.class, examples);
    }

    private static DataReport.Issue issue(DataReport report, Finding.Code code) {
        return report.issues().stream()
                .filter(issue -> issue.code() == code)
                .findFirst()
                .orElseThrow();
    }

    /** The model's tokens are bytes; a completion has the end-of-text token, too. */
    @Test
    void tokensAreCountedAndWhatIsCutOffIsNamedByRow() {
        final Dataset<Text> train =
                texts("ask", "yes", "x".repeat(40), "lost", "y".repeat(20), "cut off in the middle", "ask more", "");
        final DataReport report = tuner().check(train, texts("ask me", "no"));

        final TokenTotals tokens = report.parts().get(0).tokens().orElseThrow();
        assertThat(tokens.shortest()).isEqualTo(7);
        assertThat(tokens.median()).isEqualTo(9);
        assertThat(tokens.longest()).isEqualTo(45);
        assertThat(tokens.total()).isEqualTo(7 + 45 + 42 + 9);
        assertThat(tokens.labelled()).isEqualTo(4 + 12 + 1);
        assertThat(tokens.truncated()).isEqualTo(2);
        assertThat(tokens.rows()).contains(new TokenReader.Rows(3, 7 + 32 + 9, 32, false));
        assertThat(issue(report, Finding.Code.CUT_ANSWERS).cases())
                .containsExactly(new DataReport.Case(
                        List.of(new DataReport.Place("train", 2)),
                        "\"" + "x".repeat(40) + "\"",
                        "45 tokens, of which 32 are read"));
        assertThat(issue(report, Finding.Code.TRUNCATED).cases().get(0).rows())
                .containsExactly(new DataReport.Place("train", 3));
        assertThat(issue(report, Finding.Code.EMPTY_ANSWERS).cases().get(0).rows())
                .containsExactly(new DataReport.Place("train", 4));
        assertThat(report.toString())
                .contains("tokens of train: 7 to 45 tokens an example, median 9; 103 in all, 17 of them learned;")
                .contains("3 rows of at most 32");
        assertThat(report.toJson()
                        .getAsJsonArray("parts")
                        .get(0)
                        .getAsJsonObject()
                        .getAsJsonObject("tokens")
                        .get("labelled")
                        .getAsInt())
                .isEqualTo(17);
    }

    @Test
    void packedRowsSayHowFullTheyAre() {
        final DataReport report =
                tuner().inputs(LmInputs.packed()).check(texts("a".repeat(31), "", "b".repeat(15), null, "c", null));

        assertThat(report.parts().get(0).tokens().orElseThrow().toString()).contains("packed into 2 rows of 32, ");
        final TokenTotals tokens = report.parts().get(0).tokens().orElseThrow();
        assertThat(tokens.fill()).isEqualTo((32 + 16 + 2) / 64.0);
        assertThat(tokens.truncated()).isZero();
    }

    @Test
    void conversationsAreQuotedAsTheyAreRead() {
        final Chat chat = Chat.of().system("Be kind.").user("late").assistant("sorry");
        final Dataset<Chat> data = Dataset.of(
                Chat.class,
                List.of(
                        new Example<>(chat, Label.none()),
                        new Example<>(chat, Label.none()),
                        new Example<>(Chat.of().user("good").assistant(" "), Label.none()),
                        new Example<>(Chat.of().user("nobody"), Label.none())));

        assertThat(DataCheck.check(data).stream().map(Finding::message))
                .containsExactly(
                        "Examples whose answer says nothing, or isn't there: 2: \"user: good assistant:\" (train 3),"
                                + " \"user: nobody\" (train 4). A model learns from them to say nothing, if anything: leave"
                                + " them out with filter(...), or give them their answers.",
                        "Inputs more than once in train: 1: \"system: Be kind. user: late assistant: sorry\" (2 times,"
                                + " first at 1). They count as often as they occur: leave out what isn't meant.");
        assertThat(chat).hasToString("system: Be kind. / user: late / assistant: sorry");
        assertThat(Chat.of().user(" ").readAsText()).isEmpty();
        final Message call = Message.assistant("").withToolCalls(new ToolCall("weather", Map.of("city", "Bonn")));
        assertThat(call).hasToString("assistant: [calls weather]");
        assertThat(Chat.of().user("rain?").and(call).lacksAnswer()).isFalse();
        final Preference preference =
                new Preference(List.of(Message.assistant("yes")), List.of(Message.assistant("no")));
        assertThat(preference).hasToString("preferred assistant: yes to assistant: no");
    }

    @Test
    void aFitNamesTheRowsThatAreLeftOut() {
        final List<String> told = new ArrayList<>();
        final Dataset<Text> train = texts("x".repeat(40), "lost", "ask", "yes", "y".repeat(40), "lost");
        try (FineTuned<Text> tuned = tuner().listener(new TrainingListener() {
                    @Override
                    public void warned(String message) {
                        told.add(message);
                    }
                })
                .fit(train, texts("ask me", "no"))) {
            assertThat(tuned.provenance().warnings())
                    .anySatisfy(warning -> assertThat(warning)
                            .startsWith("2 of 3 training examples are left out")
                            .contains("(32 tokens): train 1, train 3 (rows counted from 1)"));
        }
        assertThat(told).anySatisfy(warning -> assertThat(warning).startsWith("2 of 3 training examples"));
    }

    @Test
    void dataWithNothingToPredictIsRefused() {
        final Dataset<Text> good = texts("ask", "yes", "tell", "no");
        final Dataset<Text> single = texts("a", null, "b", null);
        assertThatThrownBy(() -> tuner().fit(good, single))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("In none of the 2 rows of the validation data")
                .hasMessageContaining("nothing to evaluate");
        assertThatThrownBy(() -> tuner().fit(single, texts("ask", null)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("nothing to learn");
        assertThatThrownBy(() -> tuner().fit(good, texts("x".repeat(40), "lost")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("that could be used: of its 1 examples each was left out");
        try (FineTuned<Text> model = tuner().untrained(Text.class)) {
            assertThatThrownBy(() -> model.evaluate(Dataset.streamed(Text.class, () -> single.stream())))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("anything to compare with");
        }
    }

    @Test
    void conversationsWithoutLabelsBelongToAHeadThatWrites() {
        final Dataset<Chat> chats = Dataset.of(
                Chat.class, List.of(new Example<>(Chat.of().user("late").assistant("sorry"), Label.none())));
        assertThatThrownBy(() -> tuner().head(2).fit(chats, chats))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("to learn what is said in them, say head(Heads.causalLm())")
                .hasMessageNotContaining("maskedLm");
        assertThatThrownBy(() -> tuner().head(2).fit(texts("a", null), texts("a", null)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("say head(Heads.maskedLm()), or, of a model that writes, head(Heads.causalLm())");
    }

    @Test
    void modelsWithoutCountsAreCheckedAllTheSame() {
        final List<Example<Text>> examples = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            examples.add(new Example<>(Text.of("row " + i), Label.of(i % 2 == 0 ? "even" : "odd")));
        }
        final DataReport report = FineTuner.from(gpt2)
                .head("even", "odd")
                .device(DeviceChoice.CPU)
                .check(Dataset.of(Text.class, examples));
        assertThat(report.parts().get(0).tokens()).isEqualTo(Optional.empty());
    }
}
