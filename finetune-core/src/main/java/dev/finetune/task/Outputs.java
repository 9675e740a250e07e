package dev.finetune.task;

import dev.finetune.error.FinetuneException;
import java.util.Map;
import java.util.TreeSet;
import org.bytedeco.pytorch.Tensor;

/** What a network's head gives, by name. */
public final class Outputs {
    private Outputs() {}

    /**
     * {@return an output that a task can't do without; borrowed}
     *
     * @param outputs what the head gave
     * @param name such as "logits"
     * @throws FinetuneException if it isn't among them: the head and the task don't belong together
     */
    public static Tensor named(Map<String, Tensor> outputs, String name) {
        final Tensor output = outputs.get(name);
        if (output == null) {
            throw new FinetuneException(
                    "The network's head gives " + new TreeSet<>(outputs.keySet()) + ", and its task reads \"" + name
                            + "\": name that output so in HeadModule.forward, or use another task.");
        }
        return output;
    }
}
