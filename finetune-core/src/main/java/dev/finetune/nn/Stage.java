package dev.finetune.nn;

import dev.finetune.error.FinetuneException;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * One step of a network's trunk: embeddings, a layer, a group of blocks. What a stage says is a function of what the
 * stages before it that it {@linkplain #reads() reads} said, and of the batch; so a trunk can be frozen up to a stage, its
 * outputs kept, or a stage computed twice to save memory.
 */
public interface Stage extends Module {
    /** In {@link #reads()}: the stage before. */
    String PREVIOUS = "";

    /** {@return its name, for freezing and summaries: "embeddings", "layer.0"} */
    String name();

    /**
     * {@return the names of the earlier stages whose outputs it takes, in order; {@link #PREVIOUS} for the one before it} By
     * default that alone. The first stage of a tower takes none; a decoder's layers take an encoder's last one, too.
     */
    default List<String> reads() {
        return List.of(PREVIOUS);
    }

    /**
     * {@return how its output lies; empty where that isn't known, as by default} Of a frozen stage that says it, what it gave
     * for a row is kept for when the row comes again.
     */
    default Optional<HiddenLayout> layout() {
        return Optional.empty();
    }

    /**
     * Computes the stage from what it {@link #reads()}.
     *
     * @param inputs what those stages gave (borrowed)
     * @param batch the batch (borrowed)
     * @param context of this pass: whether it trains, and what dropout draws from
     * @return its output, in the current scope
     */
    default Tensor forward(List<Tensor> inputs, Batch batch, ForwardContext context) {
        return forward(inputs.isEmpty() ? torch.empty(0) : inputs.get(0), batch, context);
    }

    /**
     * Computes the stage from one input.
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

    /**
     * Draws what it computes from what it {@link #reads()}.
     *
     * @param graph where
     * @param inputs what those stages gave
     * @return its output
     * @throws dev.finetune.error.FinetuneException if the stage can't be drawn, as by default
     */
    default OperatorGraph.Value draw(OperatorGraph graph, List<OperatorGraph.Value> inputs) {
        return draw(graph, inputs.isEmpty() ? OperatorGraph.NOTHING : inputs.get(0));
    }

    /**
     * {@return whether it gives the same for a row's own positions where a {@linkplain ForwardContext#leavesOutPadding context} leaves
     * out padding, whatever its input is there, as long as that is finite; false by default}
     */
    default boolean canLeaveOutPadding() {
        return false;
    }

    /**
     * {@return whether rows of a pass that goes on from others may end at different positions, without one changing what the stage
     * gives for another; false by default} Its positions are counted by row then ({@link ForwardContext#past(int)}), and what it adds to
     * the scores of attention hides from each row what lies behind its end, as well as later positions.
     */
    default boolean canEndRowsApart() {
        return false;
    }

    /** {@return layers in it that take the same input, by groups; none by default} */
    default List<FusedLinear> joint() {
        return List.of();
    }
}
