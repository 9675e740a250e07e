package dev.finetune.train;

import dev.finetune.batch.BatchShape;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import java.util.ArrayList;
import java.util.List;

/** What would take less memory, for who runs out of it. */
public final class MemoryHelp {
    private MemoryHelp() {}

    /**
     * {@return the batch's shape, and what would take less memory to train on it}
     *
     * @param batch that didn't fit
     * @param settings of the training
     * @param adapted whether an adapter is trained, so that the model's own weights learn nothing
     */
    public static String training(HostBatch batch, TrainingSettings settings, boolean adapted) {
        final List<String> help = new ArrayList<>();
        if (batch.size() > 1) {
            help.add("a smaller batchSize(...), which optimization(o -> o.accumulate(...)) makes up for");
            if (!settings.batchSize().inParts()) {
                help.add("batchSize(BatchSize.auto(" + settings.batchSize().rows() + ")), which does that by itself");
            }
        }
        help.addAll(shorter(batch));
        if (!settings.execution().gradientCheckpointing()
                && settings.regularization().rDrop() == 0) {
            help.add("execution(e -> e.gradientCheckpointing(true))");
        }
        if (!adapted) {
            help.add("freeze(...) or lora(...)");
        }
        return told(batch, help);
    }

    /**
     * {@return the batch's shape, and what would take less memory to evaluate it, or to predict}
     *
     * @param batch that didn't fit
     */
    public static String evaluating(HostBatch batch) {
        final List<String> help = new ArrayList<>();
        if (batch.size() > 1) {
            help.add("a smaller evaluation(e -> e.batchSize(...))");
        }
        help.addAll(shorter(batch));
        return told(batch, help);
    }

    private static List<String> shorter(HostBatch batch) {
        final int longest =
                batch.rows().stream().mapToInt(Encoded::length).max().orElse(0);
        return longest > 1 ? List.of("a maxLength(...) below " + longest) : List.of();
    }

    private static String told(HostBatch batch, List<String> help) {
        return "The batch has " + BatchShape.of(batch) + ". "
                + (help.isEmpty() ? "" : "What takes less memory: " + String.join(", ", help) + ".");
    }
}
