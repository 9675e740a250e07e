package dev.finetune.bert;

import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Value;
import org.bytedeco.pytorch.Tensor;

/** What attention adds to its scores by how far key and query stand from each other. */
interface RelativeScores {
    /**
     * {@return the scores, (1, heads, length, length), in the current scope}
     *
     * @param batch the batch (borrowed)
     * @param length of its rows
     * @param context of this pass
     */
    Tensor forward(Batch batch, long length, ForwardContext context);

    /**
     * {@return the scores, (heads, length, length)}
     *
     * @param graph where they are drawn, once
     */
    Value draw(OperatorGraph graph);
}
