package dev.finetune.bert.heads;

import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.nn.Activation;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HeadModule;
import dev.finetune.nn.LayerNorm;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Module;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Size;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.TensorValues;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/**
 * A distribution over the vocabulary: dense, activation, norm, decoder. Without labels "logits" is (batch, length,
 * vocabulary); with {@code labels} in the batch only the labelled places are computed, and "logits" is (places,
 * vocabulary), in row-major order: the decoder is most of a small encoder's work.
 */
public final class MaskedLmHead implements HeadModule {
    private final Linear dense;
    private final Activation activation;
    private final LayerNorm norm;
    private final Linear decoder;

    /**
     * Puts the parts together; the decoder may share the word embeddings.
     *
     * @param dense from hidden to hidden width
     * @param activation after it
     * @param norm after the activation
     * @param decoder from hidden width to the vocabulary
     */
    public MaskedLmHead(Linear dense, Activation activation, LayerNorm norm, Linear decoder) {
        this.dense = dense;
        this.activation = activation;
        this.norm = norm;
        this.decoder = decoder;
    }

    @Override
    public Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context) {
        final Tensor wanted =
                batch.has("labels") ? hidden.flatten(0, 1).index_select(0, labelledPlaces(batch)) : hidden;
        final Tensor words = norm.forward(activation.forward(dense.forward(wanted, context)));
        return Map.of("logits", decoder.forward(words, context));
    }

    /**
     * {@return the flat indices of the places that have a label}
     *
     * @param batch the batch (borrowed)
     */
    public static Tensor labelledPlaces(Batch batch) {
        return batch.derived("labelled_places", () -> {
                    final long[] labels = ((HostTensor.Longs) batch.hostColumn("labels")).data();
                    final long[] places = IntStream.range(0, labels.length)
                            .filter(i -> labels[i] != Target.IGNORED)
                            .asLongStream()
                            .toArray();
                    return Optional.of(TensorValues.of(new HostTensor.Longs(places, places.length), batch.device()));
                })
                .orElseThrow();
    }

    /** Draws the logits of all places. */
    @Override
    public void draw(OperatorGraph graph, Value hidden) {
        final Value words = norm.draw(graph, activation.draw(graph, dense.draw(graph, hidden)));
        final Value logits = graph.perRow(decoder.draw(graph, words), -1, decoder.outputs());
        graph.output("logits", logits, Size.open("batch"), Size.open("length"), Size.fixed(decoder.outputs()));
    }

    @Override
    public List<Parameter> parameters() {
        return Module.parametersOf(List.of(dense, norm, decoder));
    }
}
