package dev.finetune.nn;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** What is put on a network's trunk to solve a task. */
public interface HeadModule extends Module {
    /**
     * Computes the task's outputs from the last stage's.
     *
     * @param hidden the last stage's output (borrowed)
     * @param batch the batch (borrowed)
     * @param context of this pass: whether it trains, and what dropout draws from
     * @return outputs by name: "logits", or "start_logits" and "end_logits"
     */
    Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context);

    /**
     * {@return whether the outputs that loss and metrics use depend on what the trunk gives at padded positions of a
     * batch, as where a softmax is taken over all positions; not by default} What frozen stages give is then kept with
     * its padding.
     */
    default boolean readsPadding() {
        return false;
    }
}
