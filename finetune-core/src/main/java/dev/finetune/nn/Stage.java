package dev.finetune.nn;

import dev.finetune.error.FinetuneException;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * One step of a network's trunk: embeddings, a layer, a group of blocks. What a stage says is a function of what the
 * stage before it said, and of the batch; so a trunk can be frozen up to a stage, its outputs kept, or a stage computed
 * twice to save memory.
 */
public interface Stage extends Module {
    /** {@return its name, for freezing and summaries: "embeddings", "layer.0"} */
    String name();

    /**
     * Computes the stage.
     *
     * @param input what the stage before gave; the first stage must not look at it
     * @param batch the batch (borrowed)
     * @param context of this pass: whether it trains, and what dropout draws from
     * @return its output, in the current scope
     */
    Tensor forward(Tensor input, Batch batch, ForwardContext context);

    /**
     * Draws what it computes in an evaluation, as operators.
     *
     * @param graph where
     * @param input what the stage before gave; the first stage must not look at it
     * @return its output
     * @throws dev.finetune.error.FinetuneException if the stage can't be drawn, as by default
     */
    default OperatorGraph.Value draw(OperatorGraph graph, OperatorGraph.Value input) {
        throw new FinetuneException("This model can't be exported: its stage " + name() + " ("
                + getClass().getName() + ") doesn't say which operators it consists of (Stage.draw).");
    }

    /** {@return layers in it that take the same input, by groups; none by default} */
    default List<FusedLinear> joint() {
        return List.of();
    }
}
