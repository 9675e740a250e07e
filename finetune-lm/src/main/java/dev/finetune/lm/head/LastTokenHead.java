package dev.finetune.lm.head;

import dev.finetune.batch.HostTensor;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HeadModule;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.TensorValues;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.bytedeco.pytorch.Tensor;

/**
 * What is said of a whole text from its last token, the only one that has read all others: "logits" (batch, outputs). The last one
 * is the last whose id isn't that of padding, as Transformers looks for it.
 */
public final class LastTokenHead implements HeadModule {
    private final Linear output;
    private final OptionalInt paddingId;

    /**
     * Puts a layer on the last token.
     *
     * @param output from hidden width to the outputs
     * @param paddingId the padding token's id, which ends no text, wherever it comes from; if there is none, a text ends where its row does
     */
    public LastTokenHead(Linear output, OptionalInt paddingId) {
        this.output = output;
        this.paddingId = paddingId;
    }

    @Override
    public Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context) {
        final Tensor last = hidden.flatten(0, 1).index_select(0, places(batch));
        return Map.of("logits", output.forward(last, context), "pooled", last);
    }

    private Tensor places(Batch batch) {
        return batch.derived("last_tokens", () -> {
                    final HostTensor.Longs ids =
                            (HostTensor.Longs) batch.hostColumn(paddingId.isPresent() ? "input_ids" : "attention_mask");
                    final int empty = paddingId.orElse(0);
                    final int rows = Math.toIntExact(ids.shape()[0]);
                    final int length = Math.toIntExact(ids.shape()[1]);
                    final long[] places = new long[rows];
                    for (int row = 0; row < rows; row++) {
                        int last = length - 1;
                        while (last > 0 && ids.data()[row * length + last] == empty) {
                            last--;
                        }
                        places[row] = (long) row * length + last;
                    }
                    return Optional.of(TensorValues.of(new HostTensor.Longs(places, rows), batch.device()));
                })
                .orElseThrow();
    }

    @Override
    public List<Parameter> parameters() {
        return output.parameters();
    }
}
