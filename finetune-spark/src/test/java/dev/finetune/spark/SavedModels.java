package dev.finetune.spark;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.testkit.TinyData;
import dev.finetune.testkit.TinyModels;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** Models that tests score with, trained on the first reviews. */
final class SavedModels {
    private SavedModels() {}

    static String label(int review) {
        return review % 2 == 0 ? "positive" : "negative";
    }

    static Path classes(Path directory) {
        return saved(directory, Heads.classes("negative", "positive"), i -> Label.of(label(i)));
    }

    static Path topics(Path directory) {
        return saved(
                directory,
                Heads.multiLabel("good", "bad"),
                i -> new Label.Categories(i % 2 == 0 ? Set.of("good") : Set.of("bad")));
    }

    static Path number(Path directory) {
        return saved(directory, Heads.regression(), i -> Label.of(i % 2 == 0 ? 1 : 0));
    }

    private static Path saved(Path directory, Head head, IntFunction<Label> label) {
        final Dataset<Text> data = Dataset.of(
                Text.class,
                IntStream.range(0, 40)
                        .mapToObj(i -> new Example<>(Text.of(TinyData.review(i)), label.apply(i)))
                        .toList());
        try (FineTuned<Text> tuned =
                FineTuner.from(TinyModels.bert()).head(head).lr(3e-3).epochs(4).fitAll(data)) {
            tuned.save(directory);
        }
        return directory;
    }
}
