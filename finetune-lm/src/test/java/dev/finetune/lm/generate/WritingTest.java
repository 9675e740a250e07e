package dev.finetune.lm.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.checkpoint.Overwrite;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.generate.Generated;
import dev.finetune.generate.Generated.End;
import dev.finetune.generate.Generation;
import dev.finetune.train.Cancellation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model that writes, as a user has it. */
class WritingTest {
    private static final Path GPT2 = Path.of("src/test/resources/golden/gpt2-causal-lm/model");
    private static final List<Text> PROMPTS = List.of(
            Text.of("the product arrived on"),
            Text.of("great sound , weak bass , fair price . freezing the early"),
            Text.of("a"));
    private static FineTuned<Text> model;

    @BeforeAll
    static void open() {
        model = FineTuner.from(GPT2).untrained(Text.class);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    @Test
    void aTextDoesNotDependOnItsNeighboursOrTheirLengths() {
        for (Generation settings : List.of(
                Generation.greedy().stopTokens(69, 93).maxNewTokens(20),
                Generation.beams(3).stopTokens(69, 93).maxNewTokens(10))) {
            final List<Generated> together = model.generate(PROMPTS, settings);
            for (int i = 0; i < PROMPTS.size(); i++) {
                final Generated alone = model.generate(PROMPTS.get(i), settings);
                assertThat(alone.ids()).isEqualTo(together.get(i).ids());
                assertThat(alone.text()).isEqualTo(together.get(i).text());
            }
        }
    }

    @Test
    void moreInputsThanFitABatchAreWrittenOneBatchAfterTheOther() {
        final Generation settings = Generation.sampled().maxNewTokens(6).seed(7);
        final List<Text> many = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            many.add(PROMPTS.get(i % 3));
        }
        final List<Generated> texts = model.generate(many, settings);
        assertThat(texts).hasSize(40);
        assertThat(model.generate(many.subList(0, 3), settings))
                .extracting(Generated::ids)
                .isEqualTo(texts.subList(0, 3).stream().map(Generated::ids).toList());
        assertThat(texts.get(0).ids()).isNotEqualTo(texts.get(33).ids());
    }

    @Test
    void whatIsHandedOverIsTheTextAlsoWhereBytesAreNone() {
        final StringBuilder streamed = new StringBuilder();
        final Generated text = model.generate(
                PROMPTS.get(1),
                Generation.sampled().temperature(3.0).maxNewTokens(30).seed(1),
                streamed::append);
        assertThat(streamed).hasToString(text.text());
        assertThat(text.ids()).hasSizeGreaterThan(5);
    }

    @Test
    void whoeverCancelsGetsWhatIsThere() {
        final Cancellation cancellation = new Cancellation();
        final List<String> pieces = new ArrayList<>();
        final Generated text = model.generate(
                PROMPTS.get(0),
                Generation.greedy().maxNewTokens(50),
                piece -> {
                    pieces.add(piece);
                    cancellation.cancel();
                },
                cancellation);
        assertThat(text.end()).isEqualTo(End.CANCELLED);
        assertThat(text.text()).isEqualTo(String.join("", pieces)).isNotEmpty();
    }

    @Test
    void severalThreadsWriteAtOnceAsEachAlone() throws Exception {
        final Generation settings = Generation.greedy().maxNewTokens(25);
        final List<Generated> alone =
                PROMPTS.stream().map(prompt -> model.generate(prompt, settings)).toList();
        final ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            final List<Future<Generated>> asked = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                final Text prompt = PROMPTS.get(i % 3);
                asked.add(threads.submit(() -> model.generate(prompt, settings)));
            }
            for (int i = 0; i < asked.size(); i++) {
                assertThat(asked.get(i).get().ids()).isEqualTo(alone.get(i % 3).ids());
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void nothingNativeStaysBehind() {
        final Generation settings = Generation.beams(2).maxNewTokens(8);
        model.generate(PROMPTS, settings);
        final long before = Pointer.totalCount();
        model.generate(PROMPTS, settings);
        model.generate(PROMPTS.get(0), Generation.greedy().maxNewTokens(40), piece -> {});
        assertThat(Pointer.totalCount()).isEqualTo(before);
    }

    @Test
    void whatTheModelSaysOfWritingIsSavedWithIt(@TempDir Path directory) throws Exception {
        model.save(directory.resolve("saved"), Overwrite.OURS);
        assertThat(GenerationConfig.read(directory.resolve("saved"))).isEqualTo(GenerationConfig.read(GPT2));
        assertThat(directory.resolve("saved").resolve(GenerationConfig.FILE)).exists();
    }

    @Test
    void whatCannotBeWrittenIsRefused() {
        assertThatThrownBy(() -> model.generate(Text.pair("a", "b"), Generation.greedy()))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("pair");
        assertThatThrownBy(
                        () -> model.generate(PROMPTS.get(0), Generation.greedy().maxNewTokens(100_000)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("100000")
                .hasMessageContaining("maxNewTokens");
    }
}
