package dev.finetune.nn;

import dev.finetune.error.FinetuneException;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** What is put on a network's trunk to solve a task. */
public interface HeadModule extends Module {
    /** {@return the names of the stages whose outputs it takes, in order; by default the last one's alone} */
    default List<String> reads() {
        return List.of(Stage.PREVIOUS);
    }

    /**
     * Computes the task's outputs from what it {@link #reads()}.
     *
     * @param hidden what those stages gave (borrowed)
     * @param batch the batch (borrowed)
     * @param context of this pass: whether it trains, and what dropout draws from
     * @return outputs by name
     */
    default Map<String, Tensor> forward(List<Tensor> hidden, Batch batch, ForwardContext context) {
        return forward(hidden.isEmpty() ? torch.empty(0) : hidden.get(0), batch, context);
    }

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
     * Draws what it computes from what it {@link #reads()}.
     *
     * @param graph where
     * @param hidden what those stages gave
     * @throws dev.finetune.error.FinetuneException if the head can't be drawn, as by default
     */
    default void draw(OperatorGraph graph, List<OperatorGraph.Value> hidden) {
        draw(graph, hidden.isEmpty() ? OperatorGraph.NOTHING : hidden.get(0));
    }

    /**
     * {@return whether what loss, metrics and predictions use depends on what the trunk gives at padded positions of a
     * batch, as where a softmax or a maximum is taken over all positions; not by default} If so, padding is computed, and kept with
     * what frozen stages give; else what is there is anything finite.
     */
    default boolean readsPadding() {
        return false;
    }
}
