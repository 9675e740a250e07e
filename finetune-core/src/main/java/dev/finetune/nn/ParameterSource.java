package dev.finetune.nn;

/**
 * Where a network under construction takes its parameters from: a checkpoint, or random numbers where the checkpoint has
 * none.
 */
@FunctionalInterface
public interface ParameterSource {
    /**
     * The parameter of that name and shape.
     *
     * @param name the name below this source's prefix
     * @param init how it starts where there is nothing to load
     * @param shape its shape
     * @throws dev.finetune.FinetuneException if what is stored under that name has another shape
     */
    Parameter take(String name, Init init, long... shape);

    /** The same source with every name under a prefix: {@code at("encoder").take("weight")} takes "encoder.weight". */
    default ParameterSource at(String prefix) {
        return (name, init, shape) -> take(prefix + "." + name, init, shape);
    }
}
