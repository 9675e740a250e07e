package dev.finetune.nn;

import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Where a network under construction takes its parameters from: a checkpoint, or random numbers where the checkpoint has
 * none.
 */
@FunctionalInterface
public interface ParameterSource {
    /**
     * {@return the parameter of that name and shape}
     *
     * @param name the name below this source's prefix
     * @param init how it starts where there is nothing to load
     * @param shape its shape
     * @throws dev.finetune.error.FinetuneException if what is stored under that name has another shape
     */
    Parameter take(String name, Init init, long... shape);

    /**
     * {@return the weight of a layer: as {@link #take}, and with what adapts the layer where this source adapts it}
     *
     * @param kind of the layer
     * @param name dotted, below this source's prefix
     * @param init how it starts if the checkpoint lacks it
     * @param shape what the layer needs
     */
    default Parameter weight(LayerKind kind, String name, Init init, long... shape) {
        return take(name, init, shape);
    }

    /**
     * {@return the buffer of that name and shape; a source that has none stored gives its start}
     *
     * @param name the name below this source's prefix
     * @param start every element's value where there is nothing to load
     * @param type of its elements
     * @param shape its shape
     * @throws dev.finetune.error.FinetuneException if what is stored under that name has another shape
     */
    default Buffer buffer(String name, double start, ScalarType type, long... shape) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor tensor = torch.full(shape, new Scalar(start), new TensorOptions(type));
            return new Buffer(name, Tensors.own(tensor));
        }
    }

    /**
     * {@return the same source with every name under a prefix: {@code at("encoder").take("weight")} takes
     * "encoder.weight"}
     *
     * @param prefix without the dot at its end
     */
    default ParameterSource at(String prefix) {
        final ParameterSource whole = this;
        return new ParameterSource() {
            @Override
            public Parameter take(String name, Init init, long... shape) {
                return whole.take(prefix + "." + name, init, shape);
            }

            @Override
            public Parameter weight(LayerKind kind, String name, Init init, long... shape) {
                return whole.weight(kind, prefix + "." + name, init, shape);
            }

            @Override
            public Buffer buffer(String name, double start, ScalarType type, long... shape) {
                return whole.buffer(prefix + "." + name, start, type, shape);
            }
        };
    }
}
