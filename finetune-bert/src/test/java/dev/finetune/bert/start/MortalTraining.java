package dev.finetune.bert.start;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.bert.job.Jobs;
import dev.finetune.data.Text;
import dev.finetune.train.Checkpoints;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A training that goes on from its last checkpoint, tells each step, and saves its model: to be killed at any moment. */
final class MortalTraining {
    static final String FOLDER = "mortal.folder";
    static final String LAST_STEP = "mortal.last";
    static final int STEPS = 45;

    private MortalTraining() {}

    /** The training without checkpoints. */
    static FineTuner tuner() {
        return Jobs.classifier()
                .regularization(r -> r.dropout(0.1))
                .freeze(1)
                .keepBest()
                .epochs(9);
    }

    static FineTuned<Text> fit(FineTuner tuner) {
        return tuner.fit(Jobs.data(40, 1), Jobs.data(12, 2));
    }

    static Path checkpoints(Path folder) {
        return folder.resolve("checkpoints");
    }

    static Path model(Path folder) {
        return folder.resolve("model");
    }

    public static void main(String[] arguments) {
        final Path folder = Path.of(System.getProperty(FOLDER));
        final long last = Long.getLong(LAST_STEP, -1);
        final FineTuner tuner = tuner().checkpoints(
                        Checkpoints.in(checkpoints(folder)).everySteps(2).resume())
                .listener(new TrainingListener() {
                    @Override
                    public void stepped(StepReport report) {
                        System.out.println("step " + report.step());
                        if (report.step() == last) {
                            fillTheHeap();
                        }
                    }
                });
        try (FineTuned<Text> tuned = fit(tuner)) {
            System.out.println("saving");
            tuned.save(model(folder));
        }
    }

    private static void fillTheHeap() {
        final List<long[]> all = new ArrayList<>();
        while (!all.isEmpty() || all.add(new long[1])) {
            all.add(new long[1 << 20]);
        }
    }
}
