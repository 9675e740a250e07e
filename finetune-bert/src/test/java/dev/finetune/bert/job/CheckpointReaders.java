package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Question;
import dev.finetune.data.Text;
import dev.finetune.data.Words;
import dev.finetune.fuzz.CheckpointMutation;
import dev.finetune.fuzz.FuzzedReader;
import dev.finetune.fuzz.FuzzedReaders;
import dev.finetune.head.Prediction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Whole checkpoints of which something was changed: they are refused, or predict finite numbers. */
public final class CheckpointReaders implements FuzzedReaders {
    private static final long HEAP = 16L << 20;

    @Override
    public List<FuzzedReader> readers() throws IOException {
        return List.of(CheckpointMutation.reader(
                "checkpoint-text", SmallCheckpoints.all(), HEAP, CheckpointReaders::loadAndPredict));
    }

    private static void loadAndPredict(Path directory) {
        final Path adapter = directory.resolve(SmallCheckpoints.ADAPTER);
        final FineTuner tuner = FineTuner.from(directory);
        try (FineTuned<?> model =
                Files.exists(adapter) ? tuner.adapter(adapter).untrained(Text.class) : FineTuned.load(directory)) {
            predict(model);
        }
    }

    @SuppressWarnings("unchecked")
    private static void predict(FineTuned<?> model) {
        final Class<?> inputs = model.assembly().encoder().inputType();
        final Prediction prediction;
        if (inputs == Words.class) {
            prediction = ((FineTuned<Words>) model).predict(Words.of("the", "cat"));
        } else if (inputs == Question.class) {
            prediction = ((FineTuned<Question>) model).predict(new Question("the cat", "a cat sat"));
        } else {
            prediction = ((FineTuned<Text>) model).predict(Text.of("the [MASK] sat"));
        }
        prediction.logits().forEach(row -> {
            for (float logit : row) {
                assertThat(logit).isFinite();
            }
        });
    }
}
