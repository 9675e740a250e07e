package dev.finetune.letters;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.TensorValues;
import dev.finetune.train.DeviceChoice;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** A checkpoint of {@link LettersFamily}, 800 numbers of it, and data: steps of a millisecond. */
public final class Letters {
    private Letters() {}

    /** Writes a base model of two layers, 12 wide, into a new directory below this one. */
    public static Path base(Path below) {
        try {
            final Path start = Files.createDirectories(below.resolve("start"));
            Files.writeString(
                    start.resolve("config.json"),
                    "{\"model_type\": \"letters\", \"hidden_size\": 12, \"layers\": 2, \"dropout\": 0.1}");
            try (FineTuned<Text> random = FineTuner.from(start)
                    .initialization(i -> i.randomWeights(true))
                    .device(DeviceChoice.CPU)
                    .head(Heads.features(Pooling.MEAN))
                    .untrained(Text.class)) {
                random.save(below.resolve("base"));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return below.resolve("base");
    }

    /** Two classes at a rate that suits; the rest is the library's. */
    public static FineTuner tuner(Path base) {
        return FineTuner.from(base)
                .device(DeviceChoice.CPU)
                .head("early", "late")
                .lr(0.02)
                .epochs(4);
    }

    /** Words of 3 to 12 letters, a to m in half of them and n to z in the others. */
    public static List<Example<Text>> words(int count, long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final List<Example<Text>> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final boolean late = i % 2 == 1;
            final StringBuilder word = new StringBuilder();
            for (int j = random.nextInt(3, 13); j > 0; j--) {
                word.append((char) ((late ? 'n' : 'a') + random.nextInt(13)));
            }
            examples.add(new Example<>(Text.of(word.toString()), Label.of(late ? "late" : "early")));
        }
        return examples;
    }

    /** These words as a data set. */
    public static Dataset<Text> data(int count, long seed) {
        return Dataset.of(Text.class, words(count, seed));
    }

    /** A copy of every parameter, by name. */
    public static Map<String, float[]> weights(FineTuned<?> model) {
        final Map<String, float[]> weights = new LinkedHashMap<>();
        for (Parameter parameter : model.assembly().network().parameters()) {
            weights.put(parameter.name(), TensorValues.floats(parameter.value()));
        }
        return weights;
    }
}
