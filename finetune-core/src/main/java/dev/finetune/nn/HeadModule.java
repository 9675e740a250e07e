package dev.finetune.nn;

import dev.finetune.error.FinetuneException;
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
     * Draws what it computes in an evaluation, as operators, and names the graph's outputs.
     *
     * @param graph where
     * @param hidden what the last stage gave
     * @throws dev.finetune.error.FinetuneException if the head can't be drawn, as by default
     */
    default void draw(OperatorGraph graph, OperatorGraph.Value hidden) {
        throw new FinetuneException("This model can't be exported: its head ("
                + getClass().getName() + ") doesn't say which operators it consists of (HeadModule.draw).");
    }

    /**
     * {@return whether the outputs that loss and metrics use depend on what the trunk gives at padded positions of a
     * batch, as where a softmax is taken over all positions; not by default} What frozen stages give is then kept with
     * its padding.
     */
    default boolean readsPadding() {
        return false;
    }
}
