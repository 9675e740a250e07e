package dev.finetune.bert;

import dev.finetune.batch.HostTensor;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Elements;
import dev.finetune.nn.OperatorGraph.Size;
import dev.finetune.nn.OperatorGraph.Value;

/** What encoders read, where they are drawn: ids, mask and types of a batch's tokens, and what follows from these alone. */
final class TextInputs {
    private TextInputs() {}

    /** (batch, length). */
    static Value ids(OperatorGraph graph) {
        return column(graph, "input_ids");
    }

    /** (batch, length): 1 for tokens, 0 for padding. */
    static Value mask(OperatorGraph graph) {
        return column(graph, "attention_mask");
    }

    /** (batch, length): segments. */
    static Value types(OperatorGraph graph) {
        return column(graph, "token_type_ids");
    }

    private static Value column(OperatorGraph graph, String name) {
        return graph.input(name, Elements.LONG, Size.open("batch"), Size.open("length"));
    }

    /** The length, one whole number in a row. */
    static Value length(OperatorGraph graph) {
        return graph.size(ids(graph), 1);
    }

    /** The length, a number. */
    static Value lengthAlone(OperatorGraph graph) {
        return graph.derived("length", () -> graph.apply("Squeeze", length(graph)));
    }

    /** (length): 0, 1, 2 ... */
    static Value places(OperatorGraph graph) {
        return graph.derived("places", () -> graph.apply("Range", graph.whole(0), lengthAlone(graph), graph.whole(1)));
    }

    /** (length, length): how far the key, along the last axis, is behind the query. */
    static Value distances(OperatorGraph graph) {
        return graph.derived("distances", () -> {
            final Value keys = graph.apply("Unsqueeze", places(graph), graph.wholes(0));
            return graph.apply("Sub", keys, graph.apply("Unsqueeze", places(graph), graph.wholes(1)));
        });
    }

    /**
     * What a table says of distances: farther ones are as those at its ends.
     *
     * @param distances whole numbers, of any shape
     * @param table from the lowest distance to the highest; 0 is in its middle
     */
    static Value lookUp(OperatorGraph graph, Value distances, HostTensor.Longs table) {
        final long farthest = table.data().length / 2;
        final Value clipped = graph.apply("Clip", distances, graph.whole(-farthest), graph.whole(farthest));
        return graph.apply("Gather", graph.given(table), graph.apply("Add", clipped, graph.whole(farthest)));
    }
}
