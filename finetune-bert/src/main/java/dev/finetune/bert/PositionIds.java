package dev.finetune.bert;

import dev.finetune.batch.HostTensor;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Embedding;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Elements;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.TensorValues;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;

/** The places of a batch's tokens, computed once a batch; borrowed. */
final class PositionIds {
    private PositionIds() {}

    /** (1, length): 0, 1, 2 ... */
    static Tensor counted(Batch batch) {
        return of(batch, ids -> {
            final long length = ids.shape()[1];
            return new HostTensor.Longs(LongStream.range(0, length).toArray(), 1, length);
        });
    }

    /** (batch, length): padding where there is padding, else counted from the number after that of padding on. */
    static Tensor afterPadding(Batch batch, int padding) {
        return of(batch, ids -> {
            final int length = Math.toIntExact(ids.shape()[1]);
            final long[] positions = new long[ids.data().length];
            Arrays.fill(positions, padding);
            for (int start = 0; start < positions.length; start += length) {
                int next = padding + 1;
                for (int i = start; i < start + length; i++) {
                    if (ids.data()[i] != padding) {
                        positions[i] = next++;
                    }
                }
            }
            return new HostTensor.Longs(positions, ids.shape());
        });
    }

    /** What counted positions add to the words: (length, width). */
    static Value drawCounted(OperatorGraph graph, Embedding embeddings) {
        return graph.slice(graph.of(embeddings.weight()), 0, graph.wholes(0), TextInputs.length(graph));
    }

    /** What positions after padding add to the words: (batch, length, width). */
    static Value drawAfterPadding(OperatorGraph graph, Embedding embeddings, int padding) {
        final Value isPadding = graph.apply("Equal", TextInputs.ids(graph), graph.whole(padding));
        final Value counts = graph.cast(graph.apply("Not", isPadding), Elements.LONG);
        final Value places = graph.apply("Mul", graph.apply("CumSum", counts, graph.whole(1)), counts);
        return embeddings.draw(graph, graph.apply("Add", places, graph.whole(padding)));
    }

    private static Tensor of(Batch batch, Function<HostTensor.Longs, HostTensor> positions) {
        return batch.derived(
                        "position_ids",
                        () -> Optional.of(TensorValues.of(
                                positions.apply((HostTensor.Longs) batch.hostColumn("input_ids")), batch.device())))
                .orElseThrow();
    }
}
