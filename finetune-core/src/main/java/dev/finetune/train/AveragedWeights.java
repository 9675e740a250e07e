package dev.finetune.train;

import dev.finetune.internal.torch.Boxed;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * The running average of a network's weights beside the weights themselves. Owns its copies, which are made with the
 * first step that counts.
 */
final class AveragedWeights implements AutoCloseable {
    private final Optional<WeightAverage> rule;
    private final long total;
    private final List<String> names;
    private final List<Tensor> live;
    private final List<Tensor> averages = new ArrayList<>();
    private long averaged;

    /**
     * An average of nothing yet.
     *
     * @param rule how steps are weighed; empty for no average, which leaves everything as it is
     * @param network whose buffers are averaged, too (borrowed)
     * @param parameters of it, that training changes sooner or later
     * @param total how many steps there are
     */
    AveragedWeights(Optional<WeightAverage> rule, Network network, List<Parameter> parameters, long total) {
        this.rule = rule;
        this.total = total;
        final Map<String, Tensor> named = network.tensors(parameters);
        this.names = List.copyOf(named.keySet());
        this.live = List.copyOf(named.values());
    }

    /** Takes in the weights after a step; {@code done} counts it. */
    void stepped(long done) {
        final double share =
                rule.map(average -> average.share(averaged, done, total)).orElse(0.0);
        if (share == 0) {
            return;
        }
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            if (averages.isEmpty()) {
                copy();
            } else {
                mix(share);
            }
        }
        averaged++;
    }

    private void copy() {
        live.forEach(tensor -> averages.add(Tensors.own(tensor.detach().clone())));
    }

    /** How many steps it holds. */
    long averaged() {
        return averaged;
    }

    /** The averages by name, borrowed; none before the first step that counts. */
    Map<String, Tensor> state() {
        final Map<String, Tensor> state = new LinkedHashMap<>();
        for (int i = 0; i < averages.size(); i++) {
            state.put(names.get(i), averages.get(i));
        }
        return state;
    }

    /** Goes on from what it was after so many steps; the averages are to be copied into {@link #state} afterwards. */
    void restore(long steps) {
        averaged = steps;
        if (steps > 0) {
            try (TensorScope scope = TensorScope.open();
                    GradientMode off = GradientMode.off()) {
                copy();
            }
        }
    }

    /** average + share (weights - average), and copies of what counts in whole numbers. */
    private void mix(double share) {
        final List<Tensor> to = new ArrayList<>();
        final List<Tensor> from = new ArrayList<>();
        for (int i = 0; i < live.size(); i++) {
            if (live.get(i).is_floating_point()) {
                to.add(averages.get(i));
                from.add(live.get(i).detach());
            } else {
                averages.get(i).copy_(live.get(i));
            }
        }
        Boxed.FOREACH_LERP.run(to, from, share);
    }

    /** Puts the averages into the network until what it gives is closed; nothing, before the first step that counts. */
    InUse use() {
        swap();
        return this::swap;
    }

    /** The time in which the averages are in the network, and the weights out of it. */
    interface InUse extends AutoCloseable {
        @Override
        void close();
    }

    /** Leaves the averages in the network for good. */
    void keep() {
        swap();
    }

    private void swap() {
        try (GradientMode off = GradientMode.off()) {
            for (int i = 0; i < averages.size(); i++) {
                try (TensorScope scope = TensorScope.open()) {
                    final Tensor raw = live.get(i).detach();
                    final Tensor copy = raw.clone();
                    raw.copy_(averages.get(i));
                    averages.get(i).copy_(copy);
                }
            }
        }
    }

    @Override
    public void close() {
        averages.forEach(Tensor::close);
        averages.clear();
    }
}
