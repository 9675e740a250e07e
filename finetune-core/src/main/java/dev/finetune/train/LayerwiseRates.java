package dev.finetune.train;

import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * How deep each parameter is: the number of stages in the head, one less from stage to stage below it, so 0 in the first stage
 * (embeddings, stem) of the longest way; the ends of two towers are equally deep. A parameter that several use, such as
 * embeddings that a head predicts words with, is where it is used first.
 */
final class LayerwiseRates {
    private final int stages;
    private final Map<Parameter, Integer> depths = new IdentityHashMap<>();

    LayerwiseRates(Network network) {
        final int count = network.stages().size();
        this.stages = IntStream.range(0, count).map(network::fromHead).max().orElse(0);
        for (int i = 0; i < count; i++) {
            put(network.stages().get(i).parameters(), stages - network.fromHead(i));
        }
        put(network.head().parameters(), stages);
    }

    private void put(List<Parameter> parameters, int depth) {
        parameters.forEach(parameter -> depths.merge(parameter, depth, Math::min));
    }

    /** How many stages are below the head: the head's own depth. */
    int stages() {
        return stages;
    }

    /** A parameter's depth. */
    int of(Parameter parameter) {
        return depths.getOrDefault(parameter, stages);
    }

    /** What a parameter's learning rate is of the head's: factor^(stages - depth). */
    double share(Parameter parameter, double factor) {
        return Math.pow(factor, stages - of(parameter));
    }
}
