package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.example.levels.Ordinal;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.peft.Lora;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A head that comes from outside the library, on the families that there are. */
class OutsideHeadJobTest {
    private static final List<String> WORDS = List.of("waste", "sound", "great");

    @TempDir
    private Path folder;

    /** A text's level is the place of the one word that tells. */
    private static Dataset<Text> levels(int count, long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final List<Example<Text>> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final int level = random.nextInt(WORDS.size());
            examples.add(new Example<>(
                    Text.of("the " + WORDS.get(level) + " product and the screen"), new Ordinal.Level(level)));
        }
        return Dataset.of(Text.class, examples);
    }

    private static FineTuner tuner(String family) {
        return FineTuner.from(Jobs.model(family))
                .head(new Ordinal(3))
                .maxLength(32)
                .lr(1e-2)
                .epochs(6);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert-sequence-classification", "modernbert-sequence-classification"})
    void itLearnsIsKeptByItsOwnMetricPredictsAndIsLoadedAgain(String family) throws IOException {
        final Text good = Text.of("the great product and the screen");
        final Ordinal.Found before;
        try (FineTuned<Text> tuned = tuner(family).keepBest("distance").fit(levels(150, 1), levels(40, 2))) {
            assertThat(tuned.evaluation().get("distance")).isLessThan(0.1);
            before = tuned.predict(good, Ordinal.Found.class);
            assertThat(before.level()).isEqualTo(2);
            tuned.save(folder.resolve("saved"));
            assertThat(folder.resolve("saved/config.json"))
                    .content()
                    .contains("\"finetune_head\": \"ordinal\"", "\"levels\": 3");
        }
        try (FineTuned<Text> loaded = FineTuned.load(folder.resolve("saved"), Text.class)) {
            assertThat(loaded.predict(good, Ordinal.Found.class).logits().get(0))
                    .isEqualTo(before.logits().get(0));
            assertThat(loaded.evaluate(levels(40, 2)).get("distance")).isLessThan(0.1);
        }
        try (FineTuned<Text> classes = FineTuner.from(folder.resolve("saved"))
                .head("bad", "good")
                .maxLength(32)
                .fitAll(Jobs.data(16, 1))) {
            classes.save(folder.resolve("classes"));
            assertThat(folder.resolve("classes/config.json")).content().doesNotContain("finetune_head");
        }
    }

    @Test
    void anAdapterIsSavedWithIt() {
        try (FineTuned<Text> tuned =
                tuner("bert-sequence-classification").lora(Lora.rank(4)).fit(levels(150, 1), levels(40, 2))) {
            tuned.saveAdapter(folder.resolve("adapter"));
            try (FineTuned<Text> again = FineTuner.from(Jobs.model("bert-sequence-classification"))
                    .adapter(folder.resolve("adapter"))
                    .maxLength(32)
                    .untrained(Text.class)) {
                assertThat(again.evaluate(levels(40, 2)).get("distance"))
                        .isEqualTo(tuned.evaluate(levels(40, 2)).get("distance"));
            }
        }
    }

    @Test
    void whatMeansNothingToItAndWhatNobodyReadsIsRefused() throws IOException {
        final FineTuner tuner = tuner("bert-sequence-classification");
        assertThatThrownBy(() -> tuner.regularization(r -> r.rDrop(1)).fit(levels(16, 1), levels(8, 2)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("Ordinal head");
        assertThatThrownBy(() -> tuner.fit(Jobs.data(16, 1), Jobs.data(8, 2)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("new Level(number)");
        assertThatThrownBy(() -> tuner.head(new Unknown()).untrained(Text.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("no head for Unknown");
        try (FineTuned<Text> tuned = tuner.epochs(1).fitAll(levels(8, 1))) {
            tuned.save(folder.resolve("saved"));
            assertThatThrownBy(() -> tuned.calibrate(levels(8, 1)))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("Ordinal head");
        }
        final Path config = folder.resolve("saved/config.json");
        Files.writeString(config, Files.readString(config).replace("\"ordinal\"", "\"of-nobody\""));
        Files.delete(folder.resolve("saved/finetune-files.json"));
        assertThatThrownBy(() -> FineTuned.load(folder.resolve("saved"), Text.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("config.json", "\"of-nobody\"", "HeadFormat");
    }

    /** Says neither that it is of a whole input, nor what else the network is to give. */
    private record Unknown() implements Head {
        @Override
        public boolean learnsFrom(Label label) {
            return true;
        }

        @Override
        public String labelAdvice() {
            return "anything";
        }
    }
}
