package dev.finetune.internal;

import dev.finetune.spi.Encoded;
import dev.finetune.spi.HostBatch;
import dev.finetune.train.TrainingSettings;
import java.util.ArrayList;
import java.util.List;

/** What would take less memory, for who runs out of it. */
public final class MemoryHelp {
    private MemoryHelp() {}

    /** In training. */
    public static String training(HostBatch batch, TrainingSettings settings) {
        final List<String> help = new ArrayList<>();
        if (batch.size() > 1) {
            help.add("a smaller batchSize(...), which accumulate(...) makes up for");
            if (!settings.batchesInParts()) {
                help.add("batchSize(BatchSize.auto(" + settings.batchSize() + ")), which does that by itself");
            }
        }
        help.addAll(shorter(batch));
        if (!settings.gradientCheckpointing() && settings.gentle().pulls().rDrop() == 0) {
            help.add("gradientCheckpointing()");
        }
        help.add("freeze(...) or lora(...)");
        return told(batch, help);
    }

    /** In an evaluation, or a prediction. */
    public static String evaluating(HostBatch batch) {
        final List<String> help = new ArrayList<>();
        if (batch.size() > 1) {
            help.add("a smaller evaluationBatchSize(...)");
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
