package dev.finetune.lm.decoder;

import dev.finetune.batch.HostTensor;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.TensorValues;
import java.util.Optional;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;

/** Where the tokens of a batch stand. */
final class Positions {
    private Positions() {}

    /** (batch, length) of the column "position_ids", or (1, length), counted on from what was read before; borrowed. */
    static Tensor of(Batch batch, ForwardContext context) {
        if (batch.has("position_ids")) {
            return batch.get("position_ids");
        }
        return batch.derived("counted_positions", () -> {
                    final long length = ((HostTensor.Longs) batch.hostColumn("input_ids")).shape()[1];
                    final long[] counted = LongStream.range(context.past(), context.past() + length)
                            .toArray();
                    return Optional.of(TensorValues.of(new HostTensor.Longs(counted, 1, length), batch.device()));
                })
                .orElseThrow();
    }
}
