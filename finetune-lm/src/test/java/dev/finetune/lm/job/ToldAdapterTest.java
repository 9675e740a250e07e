package dev.finetune.lm.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.head.Heads;
import dev.finetune.peft.Ia3;
import dev.finetune.peft.Lora;
import dev.finetune.testkit.TinyModels;
import dev.finetune.train.DeviceChoice;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is trained beside an adapter is told as the model has it. */
class ToldAdapterTest {
    @TempDir
    private Path folder;

    private FineTuner tuner = FineTuner.from("none");

    @BeforeEach
    void makeModel() {
        tuner = FineTuner.from(TinyModels.gpt2(folder))
                .device(DeviceChoice.CPU)
                .maxSteps(1)
                .maxLength(32);
    }

    private static Dataset<Text> texts(Label... labels) {
        return Dataset.of(
                Text.class,
                Stream.of(labels)
                        .map(label -> new Example<>(Text.of("once " + label), label))
                        .toList());
    }

    @Test
    void aModelThatWritesHasNoLastLayerOfClasses() {
        final Dataset<Text> unlabelled = texts(Label.none(), Label.completion(" more"), Label.completion(" less"));
        final FineTuner writer = tuner.head(Heads.causalLm());
        for (FineTuner adapted : List.of(writer.lora(Lora.rank(2)), writer.ia3(Ia3.usual()))) {
            assertThat(adapted.describe(unlabelled, unlabelled).toString())
                    .contains("adapter ")
                    .doesNotContain("trained whole");
        }
    }

    @Test
    void aClassifierHasOne() {
        final Dataset<Text> labelled = texts(Label.of("a"), Label.of("b"));
        assertThat(tuner.head("a", "b").lora(Lora.rank(2)).describe(labelled, labelled).toString())
                .contains("trained whole score");
    }
}
