package dev.finetune.trackers;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.data.TextFiles;
import dev.finetune.testkit.TinyData;
import dev.finetune.testkit.TinyModels;
import dev.finetune.train.TrainingListener;
import java.nio.file.Path;

/** A training of a second, which trackers are told of. */
final class Fits {
    static final int EPOCHS = 2;
    static final int STEPS = 2 * 4;

    private Fits() {}

    static Dataset<Text> reviews(Path folder) {
        return TextFiles.tsv(TinyData.reviews(folder.resolve("reviews.tsv"), 0, 40))
                .classification();
    }

    static FineTuned<Text> fit(Path folder, TrainingListener listener) {
        final Dataset<Text> reviews = reviews(folder);
        return FineTuner.from(TinyModels.bert())
                .head(2)
                .epochs(EPOCHS)
                .batchSize(10)
                .lr(1e-3)
                .listener(listener)
                .fit(reviews, reviews);
    }
}
