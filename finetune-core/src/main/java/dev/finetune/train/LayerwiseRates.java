package dev.finetune.train;

import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * How far from the input each parameter is: 0 in the first stage (embeddings, stem), one more from stage to stage, the
 * number of stages in the head. A parameter that several use, such as embeddings that a head predicts words with, is
 * where it is used first.
 */
final class LayerwiseRates {
    private final int stages;
    private final Map<Parameter, Integer> depths = new IdentityHashMap<>();

    LayerwiseRates(Network network) {
        this.stages = network.stages().size();
        for (int i = 0; i < stages; i++) {
            put(network.stages().get(i).parameters(), i);
        }
        put(network.head().parameters(), stages);
    }

    private void put(List<Parameter> parameters, int depth) {
        parameters.forEach(parameter -> depths.putIfAbsent(parameter, depth));
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
