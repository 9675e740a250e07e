package com.example.loha;

import com.google.gson.JsonObject;
import dev.finetune.nn.AdaptedLayer;
import dev.finetune.nn.Adapter;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Init;
import dev.finetune.nn.Parameter;
import dev.finetune.peft.AdaptableLayer;
import dev.finetune.peft.AdapterConfig;
import dev.finetune.peft.LayerNames;
import dev.finetune.peft.PeftFormat;
import dev.finetune.peft.PeftMethod;
import dev.finetune.peft.TargetLayers;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * A method that the library doesn't know: LoHa (Hyeon-Woo et al., "FedPara", 2021) on linear layers, as PEFT computes and saves
 * it: W + alpha / rank (A1 B1) * (A2 B2), the products multiplied element by element.
 */
public record Loha(int rank, double alpha, TargetLayers targets, List<String> alsoTrained, boolean saved)
        implements PeftMethod {
    /** Of queries and values. */
    public static Loha rank(int rank) {
        return new Loha(rank, 2.0 * rank, new TargetLayers.Named(List.of("query", "value")), List.of(), true);
    }

    /** The same without a file format. */
    public Loha notSaved() {
        return new Loha(rank, alpha, targets, alsoTrained, false);
    }

    @Override
    public PeftMethod training(Collection<String> more) {
        return new Loha(
                rank,
                alpha,
                targets,
                Stream.concat(alsoTrained.stream(), more.stream()).distinct().toList(),
                saved);
    }

    @Override
    public PeftMethod on(LayerNames names) {
        return training(names.lastLayers());
    }

    @Override
    public String prefix() {
        return "hada_";
    }

    @Override
    public Adapter adapter(AdaptableLayer layer) {
        final long[] shape = layer.weight().shape();
        return new Products(
                List.of(
                        layer.additions().take("hada_w1_a", Init.normal(0.1), shape[0], rank),
                        layer.additions().take("hada_w1_b", Init.normal(1), rank, shape[1]),
                        layer.additions().take("hada_w2_a", Init.ZEROS, shape[0], rank),
                        layer.additions().take("hada_w2_b", Init.normal(1), rank, shape[1])),
                alpha / rank);
    }

    private record Products(List<Parameter> parameters, double scale) implements Adapter {
        private Tensor product() {
            final Tensor one =
                    parameters.get(0).value().matmul(parameters.get(1).value());
            final Tensor two =
                    parameters.get(2).value().matmul(parameters.get(3).value());
            return one.mul(two).mul(new Scalar(scale));
        }

        @Override
        public Tensor forward(Tensor input, AdaptedLayer layer, ForwardContext context) {
            return layer.plain(input).add(layer.apply(input, product()));
        }

        @Override
        public Tensor merged(Tensor weight) {
            return weight.add(product());
        }
    }

    @Override
    public Optional<String> peftType() {
        return saved ? Optional.of("LOHA") : Optional.empty();
    }

    @Override
    public void write(JsonObject config, Collection<String> adapted, UnaryOperator<String> naming) {
        config.addProperty("r", rank);
        config.addProperty("alpha", alpha);
    }

    /** Found as a service. */
    public static final class Format implements PeftFormat {
        @Override
        public String type() {
            return "LOHA";
        }

        @Override
        public Set<String> keys() {
            return Set.of("r", "alpha", "init_weights");
        }

        @Override
        public PeftMethod read(AdapterConfig config) {
            return new Loha(
                    config.whole("r", 8),
                    config.number("alpha", 8),
                    config.targets(Optional.empty()),
                    config.trainedWhole(),
                    true);
        }
    }
}
