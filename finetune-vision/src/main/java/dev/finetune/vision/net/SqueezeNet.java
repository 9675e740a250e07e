package dev.finetune.vision.net;

import dev.finetune.nn.Batch;
import dev.finetune.nn.Conv2d;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HeadModule;
import dev.finetune.nn.HiddenLayout;
import dev.finetune.nn.Init;
import dev.finetune.nn.MaxPool2d;
import dev.finetune.nn.Module;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Size;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** SqueezeNet (Iandola et al., 2016), laid out and named as torchvision does it. */
public final class SqueezeNet {
    private static final MaxPool2d POOL = new MaxPool2d(3, 2, 0, true);

    private SqueezeNet() {}

    /**
     * A fire module: 1 x 1 convolutions that squeeze, then 1 x 1 and 3 x 3 ones that expand, side by side.
     *
     * @param index its place in torchvision's "features"
     * @param pooled whether a maximum pool comes before it
     * @param in channels read
     * @param squeezed channels between both
     * @param expanded1 channels that the 1 x 1 convolution gives
     * @param expanded3 channels that the 3 x 3 convolution gives, after those
     */
    public record FirePlan(int index, boolean pooled, long in, long squeezed, long expanded1, long expanded3) {}

    /**
     * The network.
     *
     * @param stem the first convolution, of stride 2 and without padding
     * @param fires in order
     */
    public record Plan(Conv2d.Shape stem, List<FirePlan> fires) {
        /** Keeps its own copy. */
        public Plan {
            fires = List.copyOf(fires);
        }

        /** {@return how many channels the last module gives} */
        public long features() {
            final FirePlan last = fires.get(fires.size() - 1);
            return last.expanded1() + last.expanded3();
        }

        /** {@return the least height and width of a picture of which something is left at the end} */
        public int smallestSide() {
            int side = 1;
            while (!isEnough(side)) {
                side++;
            }
            return side;
        }

        /** Neither the first convolution nor the pools pad; a last window of a pool may lie partly outside. */
        private boolean isEnough(long picture) {
            long side = picture < stem.kernel() ? 0 : (picture - stem.kernel()) / stem.stride() + 1;
            for (FirePlan fire : fires) {
                if (fire.pooled()) {
                    side /= 2;
                }
            }
            return side > 0;
        }
    }

    /**
     * {@return the stages: "features.0", then one for each fire module, named by its place}
     *
     * @param plan the stem and the fire modules
     * @param source where the parameters come from, by their names
     * @param pixels what turns a batch into the network's input
     */
    public static List<Stage> trunk(Plan plan, ParameterSource source, Pixels pixels) {
        final List<Stage> stages = new ArrayList<>();
        stages.add(new Stem(
                biased(source.at("features.0"), plan.stem()), plan.stem().in(), pixels));
        for (FirePlan fire : plan.fires()) {
            stages.add(new Fire(source.at("features." + fire.index()), fire));
        }
        return stages;
    }

    /** Kaiming uniform, fan-in: what torchvision's SqueezeNet starts with. */
    private static Init init(Conv2d.Shape shape) {
        return new Init.Uniform(Math.sqrt(6.0 / (shape.in() * shape.kernel() * shape.kernel())));
    }

    private static Value rectified(OperatorGraph graph, Conv2d convolution, Value input) {
        return graph.apply("Relu", convolution.draw(graph, input));
    }

    private static Conv2d biased(ParameterSource source, Conv2d.Shape shape) {
        return new Conv2d(source, shape, init(shape), true);
    }

    private record Stem(Conv2d convolution, long channels, Pixels pixels) implements Stage {
        @Override
        public String name() {
            return "features.0";
        }

        @Override
        public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
            return convolution.forward(pixels.of(batch), context).relu_();
        }

        @Override
        public Value draw(OperatorGraph graph, Value input) {
            return rectified(graph, convolution, Pixels.draw(graph, channels));
        }

        @Override
        public Optional<HiddenLayout> layout() {
            return Optional.of(HiddenLayout.WHOLE);
        }

        @Override
        public List<Parameter> parameters() {
            return convolution.parameters();
        }
    }

    private record Fire(String name, boolean pooled, Conv2d squeeze, Conv2d expand1, Conv2d expand3) implements Stage {
        Fire(ParameterSource source, FirePlan plan) {
            this(
                    "features." + plan.index(),
                    plan.pooled(),
                    biased(source.at("squeeze"), Conv2d.Shape.of(plan.in(), plan.squeezed(), 1, 1)),
                    biased(source.at("expand1x1"), Conv2d.Shape.of(plan.squeezed(), plan.expanded1(), 1, 1)),
                    biased(source.at("expand3x3"), Conv2d.Shape.of(plan.squeezed(), plan.expanded3(), 3, 1)));
        }

        @Override
        public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
            final Tensor squeezed = squeeze.forward(pooled ? POOL.forward(input, context) : input, context)
                    .relu_();
            return torch.cat(
                    new TensorVector(
                            expand1.forward(squeezed, context).relu_(),
                            expand3.forward(squeezed, context).relu_()),
                    1);
        }

        @Override
        public Value draw(OperatorGraph graph, Value input) {
            final Value squeezed = rectified(graph, squeeze, pooled ? POOL.draw(graph, input) : input);
            final Value first = rectified(graph, expand1, squeezed);
            return graph.operator("Concat", first, rectified(graph, expand3, squeezed))
                    .set("axis", 1)
                    .value();
        }

        @Override
        public Optional<HiddenLayout> layout() {
            return Optional.of(HiddenLayout.WHOLE);
        }

        @Override
        public List<Parameter> parameters() {
            return Module.parametersOf(List.of(squeeze, expand1, expand3));
        }
    }

    /**
     * Dropout, a 1 x 1 convolution to the classes, ReLU, and the mean over all places: "logits" is (batch, outputs);
     * "pooled" (batch, features) is the mean of what the convolution reads.
     */
    public static final class Classifier implements HeadModule {
        private final Dropout dropout;
        private final Conv2d convolution;

        /**
         * A head that takes "weight" and "bias" from a source.
         *
         * @param source where the parameters come from, by their names
         * @param features how many numbers it reads of each input
         * @param outputs how many logits
         * @param dropout its probability in training, from 0 to below 1
         */
        public Classifier(ParameterSource source, long features, long outputs, double dropout) {
            this.dropout = new Dropout(dropout);
            this.convolution = new Conv2d(source, Conv2d.Shape.of(features, outputs, 1, 1), Init.normal(0.01), true);
        }

        @Override
        public Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context) {
            final Tensor dropped = dropout.forward(hidden, context);
            return Map.of(
                    "logits",
                    AveragePool.of(convolution.forward(dropped, context).relu_()),
                    "pooled",
                    AveragePool.of(dropped));
        }

        @Override
        public void draw(OperatorGraph graph, Value hidden) {
            final Value logits = AveragePool.draw(graph, rectified(graph, convolution, hidden));
            graph.output("logits", logits, Size.open("batch"), Size.fixed(convolution.outputs()));
        }

        @Override
        public List<Parameter> parameters() {
            return convolution.parameters();
        }
    }
}
