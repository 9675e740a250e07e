package dev.finetune.peft;

import dev.finetune.nn.LayerKind;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import java.util.Objects;

/**
 * A layer that a method adapts, while the network is built.
 *
 * @param name its dotted name, as the method's targets know it
 * @param kind what it does with its weight
 * @param weight loaded; owned by the layer
 * @param additions gives what the method adds, by names below the layer's that begin with the method's {@linkplain
 *     PeftMethod#prefix() prefix}: from an adapter's file, or new
 */
public record AdaptableLayer(String name, LayerKind kind, Parameter weight, ParameterSource additions) {
    /** Checks that all is there. */
    public AdaptableLayer {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(weight, "weight");
        Objects.requireNonNull(additions, "additions");
    }
}
