package dev.finetune.bert;

import dev.finetune.batch.HostTensor;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Embedding;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.TensorValues;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** The token types (segment ids) of a batch: what it says, else all zeros. */
final class TokenTypes {
    private TokenTypes() {}

    /** (batch, length), borrowed. */
    static Tensor of(Batch batch) {
        if (batch.has("token_type_ids")) {
            return batch.get("token_type_ids");
        }
        return batch.derived("token_type_ids", () -> {
                    final long[] shape = batch.hostColumn("input_ids").shape();
                    return Optional.of(TensorValues.of(
                            new HostTensor.Longs(new long[Math.toIntExact(shape[0] * shape[1])], shape),
                            batch.device()));
                })
                .orElseThrow();
    }

    /** What the types add to the words, as {@link #of} has them: (batch, length, width), or (width) where all are 0. */
    static Value draw(OperatorGraph graph, Embedding embeddings) {
        return embeddings.draw(graph, graph.has("token_type_ids") ? TextInputs.types(graph) : graph.whole(0));
    }
}
