package dev.finetune.explain;

import dev.finetune.batch.HostBatch;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.task.Outputs;
import dev.finetune.task.Task;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * What a model says of an input, and which of its outputs is explained.
 *
 * @param output its place, from 0
 * @param target its label, or "output 0"
 * @param score what the network gives for it
 */
record Said(int output, String target, double score) {
    /** {@return the output that is wanted, of a batch of one row (borrowed)} */
    static Said of(ExplainedOutput wanted, Map<String, Tensor> outputs, HostBatch host, Task task) {
        final float[] logits = Tensors.floats(Outputs.named(outputs, "logits"));
        for (float logit : logits) {
            if (!Float.isFinite(logit)) {
                throw new FinetuneException("The model's outputs are not finite (" + Arrays.toString(logits)
                        + "), so that there is nothing to explain.");
            }
        }
        final String predicted = task.scores() == Task.Scores.ONE_OF_SEVERAL
                ? task.decode(outputs, host).get(0).label()
                : "";
        final int place = wanted.place(task, logits, predicted);
        final List<String> labels = task.labels();
        return new Said(place, labels.isEmpty() ? "output " + place : labels.get(place), logits[place]);
    }
}
