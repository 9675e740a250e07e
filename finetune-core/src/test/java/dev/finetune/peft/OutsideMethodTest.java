package dev.finetune.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.checkpoint.CheckpointParameters;
import dev.finetune.checkpoint.OutputRows;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.AdaptedLayer;
import dev.finetune.nn.Adapter;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HeadModule;
import dev.finetune.nn.Hidden;
import dev.finetune.nn.Init;
import dev.finetune.nn.LayerKind;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Module;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A method that the library doesn't know, and a kind of layer that it doesn't know, each with those that it does. */
class OutsideMethodTest {
    /** Scaling and shifting of features (Lian et al., "Scaling and shifting your features", 2022): y = a (W x + b) + c. */
    private record Ssf(String scale, boolean forgetsShift) implements PeftMethod {
        @Override
        public TargetLayers targets() {
            return new TargetLayers.Named(List.of("turned", "plain"));
        }

        @Override
        public List<String> alsoTrained() {
            return List.of();
        }

        @Override
        public PeftMethod training(Collection<String> more) {
            return this;
        }

        @Override
        public String prefix() {
            return "ssf_";
        }

        @Override
        public Adapter adapter(AdaptableLayer layer) {
            final long[] shape = layer.weight().shape();
            final long out = shape[layer.kind().outputsLast() ? 1 : 0];
            final Parameter factors = layer.additions().take(scale, Init.normal(1), out);
            final Parameter shift = layer.additions().take("ssf_shift", Init.normal(1), out);
            return new ScaledAndShifted(layer.kind(), factors, shift, forgetsShift);
        }
    }

    private record ScaledAndShifted(LayerKind kind, Parameter factors, Parameter shift, boolean forgetsShift)
            implements Adapter {
        @Override
        public Tensor forward(Tensor input, AdaptedLayer layer, ForwardContext context) {
            return layer.plain(input).mul(layer.perChannel(factors.value())).add(layer.perChannel(shift.value()));
        }

        @Override
        public Tensor merged(Tensor weight) {
            final Tensor each = factors.value();
            return weight.mul(kind.outputsLast() ? each : each.unsqueeze(1));
        }

        @Override
        public boolean changesBias() {
            return true;
        }

        @Override
        public Tensor mergedBias(Tensor bias) {
            return bias.mul(factors.value()).add(shift.value());
        }

        @Override
        public List<Parameter> parameters() {
            return forgetsShift ? List.of(factors) : List.of(factors, shift);
        }
    }

    /** As GPT-2 keeps its weights: (in, out). */
    private record InputsFirst() implements LayerKind {
        @Override
        public boolean isLinear() {
            return true;
        }

        @Override
        public boolean outputsLast() {
            return true;
        }
    }

    /** x W + b. */
    private static final class Turned implements Stage {
        private final Parameter weight;
        private final Parameter bias;

        Turned(ParameterSource source) {
            this.weight = source.weight(new InputsFirst(), "weight", Init.normal(1), 4, 6);
            this.bias = source.take("bias", Init.normal(1), 6);
        }

        @Override
        public String name() {
            return "turned";
        }

        @Override
        public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
            final AdaptedLayer itself = new AdaptedLayer() {
                @Override
                public Tensor weight() {
                    return weight.value().t();
                }

                @Override
                public Tensor plain(Tensor rows) {
                    return apply(rows, weight()).add(bias.value());
                }

                @Override
                public Tensor apply(Tensor rows, Tensor other) {
                    return torch.linear(rows, other);
                }

                @Override
                public Tensor unbiased(Tensor output) {
                    return output.sub(bias.value());
                }
            };
            return weight.adapter()
                    .map(adapter -> adapter.forward(input, itself, context))
                    .orElseGet(() -> itself.plain(input));
        }

        @Override
        public List<Parameter> parameters() {
            final List<Parameter> all = new ArrayList<>(List.of(weight, bias));
            weight.adapter().map(Module::parameters).ifPresent(all::addAll);
            return all;
        }
    }

    /** A layer with a bias and one without. */
    private record Plain(Linear linear, Linear bare) implements HeadModule {
        @Override
        public Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context) {
            return Map.of("out", bare.forward(linear.forward(hidden, context), context));
        }

        @Override
        public List<Parameter> parameters() {
            return Module.parametersOf(List.of(linear, bare));
        }
    }

    private static Network network(PeftMethod method) {
        final CheckpointParameters base = new CheckpointParameters(
                Optional.empty(),
                new CheckpointParameters.Naming(
                        "",
                        name -> false,
                        name -> false,
                        name -> false,
                        new OutputRows.Kept(false),
                        Map.of(),
                        n -> false),
                7);
        final AdapterParameters source =
                new AdapterParameters(base, method, Optional.empty(), new OutputRows.Kept(false), 8);
        final Function<String, ParameterSource> at = source::at;
        try {
            final Turned turned = new Turned(at.apply("turned"));
            return new Network(
                    List.of(turned),
                    new Plain(
                            new Linear(at.apply("plain"), 6, 3, Init.normal(1)),
                            new Linear(at.apply("bare"), 3, 3, Init.normal(1), false)));
        } catch (RuntimeException e) {
            base.takeBack();
            source.takeBack();
            throw e;
        }
    }

    private static float[] output(Network network) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor input = Tensors.of(new float[] {1, -2, 3, 0.5f, 0, 1, -1, 2}, 2, 4);
            final Tensor hidden = network.stages().get(0).forward(input, null, ForwardContext.evaluating());
            return Tensors.floats(network.head(new Hidden(Map.of(0, hidden)), null, ForwardContext.evaluating())
                    .get("out"));
        }
    }

    /** What is made once and kept isn't counted. */
    @BeforeAll
    static void warmUp() {
        try (Network network = network(new Ssf("ssf_scale", false))) {
            output(network);
            network.merge();
        }
    }

    static List<PeftMethod> methods() {
        return List.of(
                new Ssf("ssf_scale", false),
                Lora.rank(2).targets("turned", "plain", "bare"),
                Lora.rank(2).allLinear(),
                Lora.rank(2).targets("turned", "plain", "bare").withDora(),
                Ia3.usual().targets("turned", "plain", "bare"),
                Ia3.usual().targets("turned", "plain", "bare").feedForward("turned", "bare"));
    }

    @ParameterizedTest
    @MethodSource("methods")
    void mergedItGivesWhatItGivesBesideTheLayers(PeftMethod method) {
        final long before = Pointer.totalCount();
        try (Network network = network(method)) {
            assertThat(network.adaptedLayers())
                    .containsExactlyElementsOf(
                            method instanceof Ssf ? List.of("turned", "plain") : List.of("turned", "plain", "bare"));
            try (TensorScope scope = TensorScope.open()) {
                for (Parameter parameter : network.parameters()) {
                    if (parameter.name().startsWith(AdapterParameters.PREFIX)) {
                        parameter.value().detach().add_(new org.bytedeco.pytorch.Scalar(0.25)); // As if it had learnt.
                    }
                }
            }
            final float[] beside = output(network);
            network.merge();
            assertThat(output(network)).containsExactly(beside, within(2e-5f));
            network.unmerge();
            assertThat(output(network)).containsExactly(beside);
            try (Network plain = network(Lora.rank(2).targets("nothing"))) {
                assertThat(output(plain)).usingComparatorWithPrecision(1e-3f).isNotEqualTo(beside);
            }
        }
        assertThat(Pointer.totalCount()).isEqualTo(before);
    }

    @Test
    void whatItAddsIsNamedByItsPrefixAndHeldByItsAdapter() {
        final long before = Pointer.totalCount();
        assertThatThrownBy(() -> network(new Ssf("scale", false)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("\"scale\" to turned", "begin with \"ssf_\"");
        assertThatThrownBy(() -> network(new Ssf("ssf_scale", true)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("base_model.model.turned.ssf_shift", "among its parameters()");
        assertThat(Pointer.totalCount()).isEqualTo(before);
    }

    @Test
    void theUsualLayersAreThoseThatTheFamilyNames() {
        final LayerNames names = new LayerNames(List.of("q", "v"), List.of("k", "v"), List.of("wide"), List.of("last"));
        final Lora lora = Lora.rank(2).alsoTrained("norm").on(names);
        assertThat(lora.targets()).isEqualTo(new TargetLayers.Named(List.of("q", "v")));
        assertThat(lora.alsoTrained()).containsExactly("last", "norm");
        final Ia3 ia3 = Ia3.usual().on(names);
        assertThat(ia3.targets()).isEqualTo(new TargetLayers.Named(List.of("k", "v", "wide")));
        assertThat(ia3.scalesInputs("block.0.wide")).isTrue();
        assertThat(ia3.scalesInputs("block.0.k")).isFalse();
        assertThat(Ia3.usual().targets("wide").on(names).scalesInputs("wide")).isFalse();
        assertThatThrownBy(() -> Lora.rank(2).on(LayerNames.NONE))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("queries and values", "targets(...)");
        assertThat(Lora.rank(2).targets("any").on(LayerNames.NONE).alsoTrained())
                .isEmpty();
    }
}
