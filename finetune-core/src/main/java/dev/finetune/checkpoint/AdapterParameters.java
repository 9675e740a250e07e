package dev.finetune.checkpoint;

import dev.finetune.Lora;
import dev.finetune.nn.Buffer;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.Init;
import dev.finetune.nn.LowRank;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A checkpoint's parameters, with low-rank additions to the weights that LoRA is asked for. Additions are new, or come
 * from an adapter's weights, which then also hold what was trained whole; all under the names that PEFT gives them.
 */
public final class AdapterParameters implements ParameterSource {
    /** What PEFT puts before every name. */
    public static final String PREFIX = "base_model.model.";

    private final ParameterSource base;
    private final Lora lora;
    private final Optional<Weights> adapter;
    private final CheckpointParameters additions;

    /**
     * Parameters of a base with additions.
     *
     * @param base where the base's parameters come from
     * @param lora which weights get an addition, and of what rank
     * @param adapter an adapter's weights (borrowed while the network is built); empty for a new one
     * @param seed of new additions
     */
    public AdapterParameters(ParameterSource base, Lora lora, Optional<Weights> adapter, long seed) {
        this.base = base;
        this.lora = lora;
        this.adapter = adapter;
        this.additions = new CheckpointParameters(
                adapter,
                new CheckpointParameters.Naming("", name -> true, name -> false, name -> false, Map.of()),
                seed);
    }

    @Override
    public Parameter take(String name, Init init, long... shape) {
        final Parameter plain = base.take(name, init, shape);
        if (shape.length == 2 && name.endsWith(".weight")) {
            final String layer = name.substring(0, name.length() - ".weight".length());
            if (lora.adapts(layer)) {
                plain.adapt(new LowRank(
                        additions.take(
                                PREFIX + layer + ".lora_A.weight",
                                new Init.Uniform(1 / Math.sqrt(shape[1])),
                                lora.rank(),
                                shape[1]),
                        additions.take(PREFIX + layer + ".lora_B.weight", Init.ZEROS, shape[0], lora.rank()),
                        lora.scale(),
                        new Dropout(lora.dropout())));
            }
        }
        if (adapter.isPresent() && lora.trains(name)) {
            plain.close();
            return additions.take(PREFIX + name, init, shape).renamed(name);
        }
        return plain;
    }

    @Override
    public Buffer buffer(String name, double start, ScalarType type, long... shape) {
        return base.buffer(name, start, type, shape);
    }

    /** How the adapter's weights and the additions met. Ask when the network is built. */
    public LoadReport report() {
        return additions.report();
    }
}
