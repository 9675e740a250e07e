package dev.finetune.lm.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.generate.Generation;
import dev.finetune.golden.GoldenFolders;
import dev.finetune.head.Heads;
import dev.finetune.lm.Chat;
import dev.finetune.record.FitRecord;
import dev.finetune.spi.FitWatcher;
import dev.finetune.testkit.TinyModels;
import dev.finetune.train.DeviceChoice;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.WrittenSamples;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Language models show what they write before they are trained, and after. */
class SamplesTest {
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
                .lr(1e-2)
                .epochs(40)
                .batchSize(2)
                .seed(5);
    }

    private static Dataset<Chat> chats() {
        return Dataset.of(
                Chat.class,
                List.of(
                        new Example<>(Chat.of().user("late").assistant("sorry"), Label.none()),
                        new Example<>(Chat.of().system("Be kind.").user("good").assistant("thanks"), Label.none()),
                        new Example<>(Chat.of().user("nobody answers"), Label.none())));
    }

    private static Dataset<Text> completions(String... pairs) {
        final List<Example<Text>> examples = new ArrayList<>();
        for (int i = 0; i < pairs.length; i += 2) {
            examples.add(new Example<>(Text.of(pairs[i]), Label.completion(pairs[i + 1])));
        }
        return Dataset.of(Text.class, examples);
    }

    /** Keeps what it is told. */
    private static final class Watcher implements FitWatcher {
        private final List<FitRecord> records = new ArrayList<>();
        private final List<Object> events = new ArrayList<>();

        @Override
        public void opening() {}

        @Override
        public void begins(FitRecord fit) {
            records.add(fit);
        }

        @Override
        public void ended(FitRecord fit) {
            records.add(fit);
        }

        @Override
        public void closing() {}

        @Override
        public void finished(TrainingHistory history) {
            events.add("finished");
        }

        @Override
        public void sampled(WrittenSamples samples) {
            events.add(samples);
        }
    }

    @Test
    void whatAChatModelAnswersIsShownBesideTheData() {
        final Watcher watcher = new Watcher();
        final Generation settings = Generation.greedy().maxNewTokens(8);
        final List<String> before;
        try (FineTuned<Chat> untrained = tuner().untrained(Chat.class)) {
            before = List.of(
                    untrained.generate(Chat.of().user("late"), settings).text(),
                    untrained
                            .generate(Chat.of().system("Be kind.").user("good"), settings)
                            .text());
        }
        try (FineTuned<Chat> tuned =
                tuner().samples(5, settings).listener(watcher).fit(chats(), chats())) {
            final WrittenSamples samples = tuned.samples().orElseThrow();
            assertThat(samples.rows().stream().map(WrittenSamples.Row::row)).containsExactly(1, 2);
            assertThat(samples.rows().stream().map(WrittenSamples.Row::prompt))
                    .containsExactly("user: late", "system: Be kind.\nuser: good");
            assertThat(samples.rows().stream().map(WrittenSamples.Row::reference))
                    .containsExactly("sorry", "thanks");
            assertThat(samples.rows().stream().map(WrittenSamples.Row::before)).isEqualTo(before);
            assertThat(samples.rows().stream().map(row -> row.after().orElseThrow()))
                    .containsExactly("sorry", "thanks");
            assertThat(samples.before().get("exact_match")).isZero();
            assertThat(samples.after().orElseThrow().get("exact_match")).isEqualTo(1);
            assertThat(samples.after().orElseThrow().get("rougeL")).isEqualTo(1);
            assertThat(samples.toString()).contains("prompt  system: Be kind.\n          user: good", "after   thanks");
            assertThat(watcher.events).containsExactly("finished", samples);
            assertThat(watcher.records.get(1).samples()).contains(samples);
            final WrittenSamples first = watcher.records.get(0).samples().orElseThrow();
            assertThat(first.rows().get(0).after()).isEmpty();
            assertThat(first.before()).isEqualTo(samples.before());
            final Path file = folder.resolve("record.json");
            watcher.records.get(1).write(file);
            assertThat(FitRecord.read(file).samples()).contains(samples);
        }
    }

    @Test
    void samplesChangeNothingOfTheTraining() {
        final Dataset<Text> data = completions("late", " sorry", "good", " thanks");
        final Generation random = Generation.sampled().maxNewTokens(5);
        try (FineTuned<Text> with = tuner().epochs(3).samples(2, random).fit(data, data);
                FineTuned<Text> without = tuner().epochs(3).fit(data, data)) {
            assertThat(with.evaluation().get("loss"))
                    .isEqualTo(without.evaluation().get("loss"));
            assertThat(without.samples()).isEmpty();
        }
    }

    @Test
    void aTextIsGoneOnWithFromItsHalf() {
        final Dataset<Text> texts = Dataset.of(
                Text.class,
                List.of(
                        new Example<>(Text.of("once there was a mouse"), Label.none()),
                        new Example<>(Text.of("x"), Label.none()),
                        new Example<>(Text.of("word ".repeat(200)), Label.none())));
        try (FineTuned<Text> tuned = tuner().epochs(1)
                .samples(3, Generation.greedy().maxNewTokens(4))
                .fit(texts, texts)) {
            final List<WrittenSamples.Row> rows = tuned.samples().orElseThrow().rows();
            assertThat(rows.get(0).prompt()).isEqualTo("once there");
            assertThat(rows.get(0).reference()).isEqualTo(" was a mouse");
            assertThat(rows.get(1).row()).isEqualTo(3);
            assertThat(rows.get(1).prompt()).hasSizeBetween(150, 200);
            assertThat(rows.get(1).reference()).hasSize(400);
        }
    }

    @Test
    void aT5ShowsWhatItWrites() {
        final Dataset<Text> data = completions("the cat", "a dog", "", "nothing", "the dog", "");
        try (FineTuned<Text> tuned = FineTuner.from(
                        GoldenFolders.root().resolve("t5-relu").resolve("model"))
                .head(Heads.seq2SeqLm())
                .device(DeviceChoice.CPU)
                .epochs(1)
                .samples(3)
                .fit(data, data)) {
            assertThat(tuned.samples().orElseThrow().rows().stream().map(WrittenSamples.Row::reference))
                    .containsExactly("a dog", "nothing");
        }
    }

    @Test
    void whatCannotBeShownIsRefusedByName() {
        final Dataset<Text> data = completions("late", " sorry", "good", " thanks");
        final Dataset<Text> classes = Dataset.of(
                Text.class,
                Arrays.asList("late", "good").stream()
                        .map(text -> new Example<>(Text.of(text), Label.of(text)))
                        .toList());
        assertThatThrownBy(() -> tuner().samples(0))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("samples(0): expected 1 row at least");
        assertThatThrownBy(() -> tuner().samples(1, Generation.beams(3).sequences(2)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("one text a row");
        assertThatThrownBy(() -> tuner().samples(1).fitAll(data))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("samples(1) writes for rows of validation data");
        assertThatThrownBy(() -> tuner().head(2).samples(1).fit(classes, classes))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("this model writes no text");
        assertThatThrownBy(() -> tuner().samples(1).crossValidate(data, 2))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("samples(1) shows what one model writes");
        assertThatThrownBy(() -> tuner().samples(1, Generation.greedy().maxNewTokens(1000))
                        .fit(data, data))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("none of the 2 validation rows");
    }
}
