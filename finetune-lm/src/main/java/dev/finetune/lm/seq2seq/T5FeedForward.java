package dev.finetune.lm.seq2seq;

import dev.finetune.nn.Activation;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.GatedActivation;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Module;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.RmsNorm;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * x + down(activation(up(norm(x)))), or, gated (Shazeer, "GLU variants improve Transformer", 2020), x + down(activation(up(norm(x)))
 * gate(norm(x))).
 */
final class T5FeedForward implements Module {
    private final Activation activation;
    private final Dropout dropout;
    private final RmsNorm norm;
    private final Linear up;
    private final Optional<Linear> gate;
    private final Linear down;

    /** Takes the parameters from a source, below the sublayer's name. */
    T5FeedForward(T5Config config, ParameterSource source) {
        final ParameterSource dense = source.at("DenseReluDense");
        final int hidden = config.hidden();
        final int wide = config.intermediate();
        this.activation = config.activation();
        this.dropout = new Dropout(config.dropout());
        this.up = new Linear(dense.at(config.gated() ? "wi_0" : "wi"), hidden, wide, config.init(hidden), false);
        this.gate = config.gated()
                ? Optional.of(new Linear(dense.at("wi_1"), hidden, wide, config.init(hidden), false))
                : Optional.empty();
        this.down = new Linear(dense.at("wo"), wide, hidden, config.init(wide), false);
        this.norm = new RmsNorm(source.at("layer_norm"), hidden, config.normEps());
    }

    /** (batch, length, hidden) to the same. */
    Tensor forward(Tensor input, ForwardContext context) {
        final Tensor normed = norm.forward(input);
        final Tensor wide = gate.map(each -> new GatedActivation(activation).forward(up, each, normed, context))
                .orElseGet(() -> up.activated(activation, normed, context));
        if (context.writesOn()) {
            return down.plus(input, wide, context);
        }
        final Tensor narrow = down.forward(dropout.forward(wide, context), context);
        return input.add(dropout.forward(narrow, context));
    }

    @Override
    public List<Parameter> parameters() {
        final List<Module> parts = new ArrayList<>(List.of(norm, up));
        gate.ifPresent(parts::add);
        parts.add(down);
        return Module.parametersOf(parts);
    }
}
