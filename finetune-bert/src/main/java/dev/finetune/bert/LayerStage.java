package dev.finetune.bert;

import dev.finetune.batch.HostTensor;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Attention;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.JointLinear;
import dev.finetune.nn.LayerNorm;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Module;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * One encoder layer with norms after the residual sums (Devlin et al., 2018): a = norm(x + attention(x)), then norm(a +
 * down(activation(up(a)))); (batch, length, hidden) to the same. The last layer may compute the first token alone, (batch, 1,
 * hidden), where nothing else is read of it: nearly all of its products are then left out.
 */
final class LayerStage implements Stage {
    private final String name;
    private final EncoderConfig config;
    private final boolean firstAlone;
    private final Linear query;
    private final Linear key;
    private final Linear value;
    private final JointLinear projections;
    private final Attention attention;
    private final Linear attentionOutput;
    private final LayerNorm attentionNorm;
    private final Linear up;
    private final Linear down;
    private final LayerNorm outputNorm;
    private final Dropout dropout;

    /**
     * Takes a layer's parameters from a source.
     *
     * @param firstAlone whether to compute the first token alone
     */
    LayerStage(EncoderConfig config, ParameterSource encoder, int index, boolean firstAlone) {
        this.name = "layer." + index;
        this.config = config;
        this.firstAlone = firstAlone;
        final EncoderNames names = config.names();
        final ParameterSource source = encoder.at(names.layer().replace("%d", Integer.toString(index)));
        final long hidden = config.hidden();
        this.query = new Linear(source.at(names.query()), hidden, hidden, config.init());
        this.key = new Linear(source.at(names.key()), hidden, hidden, config.init());
        this.value = new Linear(source.at(names.value()), hidden, hidden, config.init());
        this.projections = new JointLinear(query, key, value);
        this.attention = new Attention(config.heads(), new Dropout(config.attentionDropout()));
        this.attentionOutput = new Linear(source.at(names.attentionOutput()), hidden, hidden, config.init());
        this.attentionNorm = new LayerNorm(source.at(names.attentionNorm()), hidden, config.normEps());
        this.up = new Linear(source.at(names.up()), hidden, config.intermediate(), config.init());
        this.down = new Linear(source.at(names.down()), config.intermediate(), hidden, config.init());
        this.outputNorm = new LayerNorm(source.at(names.outputNorm()), hidden, config.normEps());
        this.dropout = new Dropout(config.hiddenDropout());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
        final Tensor read = firstAlone ? input.narrow(1, 0, 1) : input;
        final Tensor bias = attentionBias(batch).orElse(null);
        final Tensor mixed;
        if (firstAlone) {
            mixed = attention.ofOne(query.forward(read, context), input, key, value, bias, context);
        } else {
            final List<Tensor> all = projections.forward(input, context);
            mixed = attention.forward(all.get(0), all.get(1), all.get(2), bias, context);
        }
        final Tensor attended = dropout.forward(attentionOutput.forward(mixed, context), context);
        final Tensor middle = attentionNorm.forward(attended.add(read));
        final Tensor wide = up.forward(middle, context);
        final Tensor narrow = dropout.forward(down.forward(config.activation(), wide, context), context);
        return outputNorm.forward(narrow.add(middle));
    }

    /** (batch, 1, 1, length): 0 for tokens, minus infinity for padding; empty where nothing is padded. */
    private static Optional<Tensor> attentionBias(Batch batch) {
        return batch.derived("attention_bias", () -> {
            final HostTensor.Longs mask = (HostTensor.Longs) batch.hostColumn("attention_mask");
            final float[] bias = new float[mask.data().length];
            boolean padded = false;
            for (int i = 0; i < bias.length; i++) {
                if (mask.data()[i] == 0) {
                    bias[i] = Float.NEGATIVE_INFINITY;
                    padded = true;
                }
            }
            final long[] shape = {mask.shape()[0], 1, 1, mask.shape()[1]};
            return padded
                    ? Optional.of(Tensors.of(new HostTensor.Floats(bias, shape), batch.device()))
                    : Optional.empty();
        });
    }

    @Override
    public List<JointLinear> joint() {
        return firstAlone ? List.of() : List.of(projections);
    }

    @Override
    public List<Parameter> parameters() {
        return Module.parametersOf(List.of(query, key, value, attentionOutput, attentionNorm, up, down, outputNorm));
    }
}
