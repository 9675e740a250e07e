package dev.finetune.explain;

import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.MemoryFailures;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Hidden;
import dev.finetune.nn.Network;
import dev.finetune.task.Outputs;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Grad-CAM (Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based localization", 2017): of the last
 * stage that gives feature maps A_k (height, width), the map
 *
 * <pre>relu(sum over k of a_k A_k), a_k = mean over all places of dF/dA_k</pre>
 *
 * <p>where F is the score of the explained output. It shows, as coarsely as that stage sees, which places speak for the output.
 *
 * @param target the output that is explained
 */
public record GradCam(ExplainedOutput target) implements ExplanationMethod<ActivationMap> {
    static final GradCam USUAL = new GradCam(new ExplainedOutput.Predicted());

    /** Dimensions of feature maps: batch, channels, height, width. */
    private static final int MAPS = 4;

    private static final long[] PLACES = {2, 3};

    /** Checks that it is there. */
    public GradCam {
        Objects.requireNonNull(target, "target");
    }

    /**
     * {@return the same for the output of a label}
     *
     * @param label one of the model's
     */
    public GradCam target(String label) {
        return new GradCam(new ExplainedOutput.Named(label));
    }

    /**
     * {@return the same for an output by its place}
     *
     * @param output counted from 0
     */
    public GradCam target(int output) {
        return new GradCam(new ExplainedOutput.Numbered(output));
    }

    @Override
    public <I> Work<ActivationMap> start(ExplainedModel<I> model, I input) {
        TokenPasses.checkHead(model);
        final List<Encoded> rows = model.encoder().encode(List.of(new Example<>(input, Label.none())));
        if (rows.size() != 1) {
            throw new FinetuneException(
                    "Grad-CAM explains inputs that are one row each, and " + input + " made " + rows.size() + ".");
        }
        return new Passes<>(model, rows);
    }

    private final class Passes<I> implements Work<ActivationMap> {
        private final ExplainedModel<I> model;
        private final List<Encoded> rows;
        private final ForwardContext context = ForwardContext.evaluating();
        private @Nullable ActivationMap result;

        Passes(ExplainedModel<I> model, List<Encoded> rows) {
            this.model = model;
            this.rows = rows;
        }

        @Override
        public boolean step() {
            final HostBatch host = model.encoder().collate(rows, CollateContext.predicting());
            try (TensorScope scope = TensorScope.open();
                    GradientMode off = GradientMode.off();
                    Batch batch = new Batch(host, model.device())) {
                final Maps maps = new Maps();
                final Network network = model.network();
                final Hidden hidden = network.trunk(0, network.stages().size(), Hidden.NONE, batch, context, maps::see);
                final Said said = Said.of(target, network.head(hidden, batch, context), host, model.task());
                result = map(batch, checked(maps), said);
            } catch (RuntimeException | OutOfMemoryError e) {
                throw MemoryFailures.translate("Explaining a picture", e, () -> "A smaller picture takes less memory.");
            }
            return false;
        }

        @Override
        public ActivationMap result() {
            return Objects.requireNonNull(result);
        }

        private Maps checked(Maps maps) {
            final Network network = model.network();
            if (maps.last == null) {
                throw new FinetuneException(
                        "This model (" + model.name() + ") can't be explained by Grad-CAM: none of its"
                                + " stages gives feature maps, (batch, channels, height, width).");
            }
            if (!network.live(maps.stage + 1).equals(List.of(maps.stage))) {
                throw new FinetuneException(
                        "This model (" + model.name() + ") can't be explained by Grad-CAM: what lies above "
                                + network.stages().get(maps.stage).name() + " reads other stages, too.");
            }
            return maps;
        }

        private ActivationMap map(Batch batch, Maps maps, Said said) {
            final Network network = model.network();
            final Tensor leaf = Objects.requireNonNull(maps.last);
            leaf.set_requires_grad(true);
            final Tensor gradient;
            try (GradientMode on = GradientMode.on()) {
                final Hidden below = new Hidden(Map.of(maps.stage, leaf));
                final Hidden top =
                        network.trunk(maps.stage + 1, network.stages().size(), below, batch, context, each -> {});
                final Tensor score = Outputs.named(network.head(top, batch, context), "logits")
                        .select(1, said.output())
                        .sum();
                gradient = Tensors.gradient(score, leaf);
            }
            final Tensor weights = gradient.mean(PLACES, true, new ScalarTypeOptional());
            final Tensor map = weights.mul(leaf.detach()).sum(1).relu();
            return new ActivationMap(
                    network.stages().get(maps.stage).name(),
                    said.target(),
                    said.score(),
                    Math.toIntExact(map.size(1)),
                    Math.toIntExact(map.size(2)),
                    Tensors.floats(map));
        }
    }

    /** The last feature maps that stages gave, cut off from how they came about. */
    private static final class Maps {
        private int next;
        private int stage;
        private @Nullable Tensor last;

        void see(Tensor output) {
            if (output.dim() == MAPS) {
                if (last != null) {
                    last.close();
                }
                last = output.detach();
                stage = next;
            }
            next++;
        }
    }
}
