package dev.finetune.train;

import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Hidden;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The network as training found it, and what pulls toward it. Owns one copy of what training changes; nothing where
 * nothing pulls.
 */
final class PretrainedReference implements AutoCloseable {
    private final Network network;
    private final KnowledgePreservation preservation;
    private final List<Parameter> fresh;
    private final List<Pair> pretrained = new ArrayList<>();
    private final List<Pair> all = new ArrayList<>();

    /** A tensor of the network (borrowed), and a copy from the start (owned). */
    private record Pair(Tensor live, Tensor start) {}

    /**
     * Copies what is to be trained.
     *
     * @param network at its start (borrowed)
     * @param trained what training changes, sooner or later
     */
    PretrainedReference(KnowledgePreservation preservation, Network network, List<Parameter> trained) {
        this.network = network;
        this.preservation = preservation;
        this.fresh = trained.stream().filter(Parameter::isNewlyInitialized).toList();
        try {
            copy(trained);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private void copy(List<Parameter> trained) {
        if (preservation.needsOriginals()) {
            for (Parameter parameter : trained) {
                final Pair pair = copied(parameter.value());
                if (!parameter.isNewlyInitialized()) {
                    pretrained.add(pair);
                }
            }
        }
        if (preservation.distill() > 0) {
            network.buffers().forEach(buffer -> copied(buffer.value()));
        }
    }

    private Pair copied(Tensor live) {
        try (TensorScope scope = TensorScope.open()) {
            final Pair pair = new Pair(live, Tensors.own(live.detach().clone()));
            all.add(pair);
            return pair;
        }
    }

    /**
     * Adds the gradients of L2-SP (Li, Grandvalet and Davoine, "Explicit inductive bias for transfer learning with
     * convolutional networks", 2018): a (w - w0) where weights were pretrained, b w where they weren't. What has no
     * gradient isn't pulled.
     *
     * @return a/2 |w - w0|^2 + b/2 |w|^2
     */
    double pull() {
        double penalty = 0;
        try (GradientMode off = GradientMode.off()) {
            if (preservation.l2sp().alpha() > 0) {
                for (Pair pair : pretrained) {
                    penalty += pull(pair.live, pair.start, preservation.l2sp().alpha());
                }
            }
            if (preservation.l2sp().beta() > 0) {
                for (Parameter parameter : fresh) {
                    penalty += pull(parameter.value(), null, preservation.l2sp().beta());
                }
            }
        }
        return penalty;
    }

    private static double pull(Tensor live, @org.jspecify.annotations.Nullable Tensor start, double strength) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor gradient = live.grad();
            if (!gradient.defined()) {
                return 0;
            }
            final Tensor away = start == null ? live.detach() : live.detach().sub(start);
            gradient.add_(away, new Scalar(strength));
            final double norm = Tensors.scalar(away.norm());
            return strength / 2 * norm * norm;
        }
    }

    /**
     * What the original stages gave, from a stage's input (borrowed) on: in evaluation mode, without gradients, in the
     * current scope. The network's tensors stand for the originals meanwhile.
     *
     * @param context of an evaluation
     */
    Hidden trunk(int from, Hidden input, Batch batch, ForwardContext context) {
        final List<Tensor> now = new ArrayList<>();
        try (GradientMode off = GradientMode.off()) {
            try (TensorScope scope = TensorScope.open()) {
                for (Pair pair : all) {
                    now.add(Tensors.own(pair.live.detach()));
                    pair.live.set_data(pair.start);
                }
            }
            return network.trunk(from, network.stages().size(), input, batch, context, each -> {});
        } finally {
            for (int i = 0; i < now.size(); i++) {
                all.get(i).live.set_data(now.get(i));
                now.get(i).close();
            }
        }
    }

    @Override
    public void close() {
        all.forEach(pair -> pair.start.close());
        all.clear();
        pretrained.clear();
    }
}
