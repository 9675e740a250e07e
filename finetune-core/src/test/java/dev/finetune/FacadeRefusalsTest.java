package dev.finetune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.data.Words;
import dev.finetune.error.DivergedException;
import dev.finetune.error.FinetuneException;
import dev.finetune.freeze.Layers;
import dev.finetune.head.Heads;
import dev.finetune.letters.Letters;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an application can't mean is refused in words that say how to mend it, and nothing native is left of it. */
class FacadeRefusalsTest {
    private static final Dataset<Text> DATA = Letters.data(16, 1);

    @TempDir
    private static Path shared;

    @TempDir
    private Path folder;

    private static Path base;

    @BeforeAll
    static void writeBase() {
        base = Letters.base(shared);
    }

    private static FineTuner tuner() {
        return Letters.tuner(base);
    }

    private static void isRefused(ThrowingCallable call, String... words) {
        final long before = Pointer.totalCount();
        assertThatThrownBy(call).isInstanceOf(FinetuneException.class).hasMessageContainingAll(words);
        assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
    }

    @Test
    void settingsOutOfTheirRange() {
        isRefused(() -> tuner().lr(0), "lr must be a number above 0");
        isRefused(() -> tuner().epochs(-1), "epochs");
        isRefused(() -> tuner().batchSize(0), "batch");
        isRefused(() -> tuner().warmupRatio(2), "Warm-up", "from 0 to 1");
        isRefused(() -> tuner().maxLength(3), "maxLength", "at least 4");
        isRefused(() -> tuner().freeze(-1), "freeze(-1)");
    }

    @Test
    void whatTheModelDoesNotHave() {
        isRefused(() -> tuner().freeze(3).fitAll(DATA), "3", "2");
        isRefused(() -> tuner().freeze(Layers.upTo("layer.9")).fitAll(DATA), "layer.9");
        isRefused(() -> tuner().head(Heads.tokens("O", "B")).untrained(Text.class), "no head for Tokens");
        isRefused(() -> FineTuner.from(base).fitAll(DATA), "head(");
    }

    @Test
    void dataThatDoesNotFitTheHead() {
        isRefused(
                () -> tuner().fitAll(DATA.map(row -> new Example<>(row.input(), Label.of(1.5)))),
                "classes",
                "Label.of(\"name\")");
        isRefused(() -> tuner().head("up", "down").fitAll(DATA), "early", "up");
        isRefused(() -> tuner().fitAll(Dataset.of(Text.class, List.of())), "is empty");
        final Dataset<Words> words = Dataset.of(
                Words.class,
                DATA.asList().stream()
                        .map(row -> new Example<>(new Words(List.of(row.input().text())), row.label()))
                        .toList());
        isRefused(() -> tuner().fitAll(words), "reads Text", "Words");
    }

    @Test
    void directoriesThatHoldNoModel() throws Exception {
        isRefused(() -> FineTuned.load(folder), "config.json");
        Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"numerals\"}");
        isRefused(
                () -> FineTuner.from(folder)
                        .head(2)
                        .initialization(i -> i.randomWeights(true))
                        .fitAll(DATA),
                "\"numerals\"",
                "letters (letters)");
        isRefused(() -> tuner().resumeFrom(folder).fitAll(DATA), "checkpoint");
        isRefused(() -> tuner().adapter(folder), "adapter_config.json");
    }

    @Test
    void bestWeightsWithoutDataToEvaluateOn() {
        isRefused(() -> tuner().keepBest().fitAll(DATA), "fit(train, validation)");
        isRefused(() -> tuner().keepBest("f7").fit(DATA), "f7");
    }

    @Test
    void aTrainingThatDivergesIsAnError() {
        assertThatThrownBy(() ->
                        tuner().lr(1e30).optimization(o -> o.maxGradientNorm(0)).fitAll(DATA))
                .isInstanceOf(DivergedException.class);
    }
}
