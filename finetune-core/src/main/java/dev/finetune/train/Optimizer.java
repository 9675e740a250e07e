package dev.finetune.train;

import dev.finetune.internal.torch.Boxed;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Parameter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Changes parameters by their gradients, with LibTorch's fused kernels. Owns its state, which only trained parameters
 * have; made when a parameter first has a gradient.
 */
final class Optimizer implements AutoCloseable {
    private final OptimizerSettings settings;
    private final List<String> kinds;
    private final List<Group> groups;

    /** An optimizer that changes all parameters at the same rate. */
    Optimizer(OptimizerSettings settings, List<Parameter> trained) {
        this(settings, trained, parameter -> 1);
    }

    /**
     * An optimizer.
     *
     * @param settings its rule
     * @param trained what it changes wherever there is a gradient; what has none is left alone, by weight decay, too
     * @param share what a parameter's rate is of each step's
     */
    Optimizer(OptimizerSettings settings, List<Parameter> trained, ToDoubleFunction<Parameter> share) {
        this.settings = settings;
        this.kinds = kinds(settings);
        final Map<Pace, List<Parameter>> paces = new LinkedHashMap<>();
        for (Parameter parameter : trained) {
            final Pace pace = new Pace(settings.weightDecay().of(parameter), share.applyAsDouble(parameter));
            paces.computeIfAbsent(pace, any -> new ArrayList<>()).add(parameter);
        }
        this.groups = paces.entrySet().stream()
                .map(entry -> new Group(entry.getValue(), entry.getKey()))
                .toList();
    }

    /** What is remembered of a parameter, as PyTorch's optimizers call it. */
    private static List<String> kinds(OptimizerSettings settings) {
        if (settings instanceof OptimizerSettings.AdamW) {
            return List.of("exp_avg", "exp_avg_sq", OptimizerState.STEP);
        }
        return ((OptimizerSettings.Sgd) settings).momentum() == 0 ? List.of() : List.of("momentum_buffer");
    }

    /** What the parameters of a group have in common: their weight decay, and their share of the rate. */
    private record Pace(double decay, double share) {}

    /**
     * One step.
     *
     * @param rate the learning rate
     * @param gradientScale what gradients are multiplied by first (clipping), 1 for none
     */
    void step(double rate, double gradientScale) {
        try (TensorScope scope = TensorScope.open()) {
            step(rate, gradientScale == 1 ? Optional.empty() : Optional.of(divisor(gradientScale)), Optional.empty());
        }
    }

    /**
     * One step, of what is on the parameters' device.
     *
     * @param rate the learning rate
     * @param divisor what gradients are divided by first, of one element
     * @param forbidden 1 where nothing is to change, 0 else, of one element
     */
    void step(double rate, Optional<Tensor> divisor, Optional<Tensor> forbidden) {
        for (Group group : groups) {
            try (TensorScope scope = TensorScope.open()) {
                group.step(rate, divisor, forbidden);
            }
        }
    }

    private Tensor divisor(double gradientScale) {
        return Tensors.of(new float[] {(float) (1 / gradientScale)}, 1)
                .to(groups.get(0).parameters.get(0).value().device(), torch.ScalarType.Float);
    }

    /** Forgets the gradients and frees their memory. */
    static void forgetGradients(List<Parameter> parameters) {
        try (TensorScope scope = TensorScope.open()) {
            for (Parameter parameter : parameters) {
                parameter.forgetGradient();
            }
        }
    }

    /**
     * What it remembers of each parameter that has had a gradient, borrowed, in the current scope: NAME.exp_avg, as PyTorch calls it,
     * say; where that is of some rows, NAME.rows says of which.
     */
    Map<String, Tensor> state() {
        final Map<String, Tensor> state = new LinkedHashMap<>();
        for (Group group : groups) {
            group.states.forEach((parameter, of) ->
                    of.tensors().forEach((kind, tensor) -> state.put(parameter.name() + "." + kind, tensor)));
        }
        return state;
    }

    /**
     * Makes room for the state of parameters, to be copied into {@link #state} afterwards.
     *
     * @param shapes of what was remembered, by name
     */
    void restore(Map<String, long[]> shapes) {
        for (Group group : groups) {
            for (Parameter parameter : group.parameters) {
                if (!kinds.isEmpty() && shapes.containsKey(parameter.name() + "." + kinds.get(0))) {
                    final long @Nullable [] rows = shapes.get(parameter.name() + "." + OptimizerState.ROWS);
                    OptimizerState.room(parameter, kinds, group.states, rows == null ? -1 : rows[0]);
                }
            }
        }
    }

    /**
     * Lets gradients of tables on the CPU, of which few rows are looked up, be kept by rows until this is closed. What comes of them is
     * what comes of gradients of all rows, bit by bit.
     */
    void takeRowGradients() {
        if (!(settings instanceof OptimizerSettings.AdamW adam) || adam.eps() == 0) {
            return; // 0 / 0 is no number.
        }
        for (Group group : groups) {
            group.parameters.stream()
                    .filter(parameter ->
                            parameter.shape().length == 2 && parameter.value().is_cpu())
                    .forEach(parameter -> parameter.keepRowGradient(true));
        }
    }

    @Override
    public void close() {
        groups.forEach(Group::close);
    }

    private final class Group {
        private final List<Parameter> parameters;
        private final Pace pace;
        /** In the order in which their parameters first had a gradient. */
        private final Map<Parameter, OptimizerState> states = new LinkedHashMap<>();

        Group(List<Parameter> parameters, Pace pace) {
            this.parameters = parameters;
            this.pace = pace;
        }

        void step(double rate, Optional<Tensor> divisor, Optional<Tensor> forbidden) {
            final List<OptimizerState.Part> fresh = new ArrayList<>();
            final List<OptimizerState.Part> known = new ArrayList<>();
            for (Parameter parameter : parameters) {
                if (parameter.gradient().defined()) {
                    final @Nullable OptimizerState found = states.get(parameter);
                    (found == null ? fresh : known)
                            .add((found == null ? OptimizerState.of(parameter, kinds, states) : found).part());
                }
            }
            // The kernels divide gradients by the one tensor, and do nothing where the other is 1.
            final Object scale = divisor.<Object>map(tensor -> tensor).orElse(Boxed.NONE);
            final Object skip = forbidden.<Object>map(tensor -> tensor).orElse(Boxed.NONE);
            apply(known, pace.share * rate, scale, skip, false);
            apply(fresh, pace.share * rate, scale, skip, true);
        }

        private void apply(List<OptimizerState.Part> some, double rate, Object scale, Object skip, boolean first) {
            if (some.isEmpty()) {
                return;
            }
            final List<Tensor> values =
                    some.stream().map(OptimizerState.Part::values).toList();
            final List<Tensor> gradients =
                    some.stream().map(OptimizerState.Part::gradient).toList();
            if (settings instanceof OptimizerSettings.AdamW adam) {
                final List<Tensor> steps = state(some, OptimizerState.STEP);
                Boxed.FOREACH_ADD.run(steps, 1.0);
                Boxed.FUSED_ADAMW.run(
                        values,
                        gradients,
                        state(some, "exp_avg"),
                        state(some, "exp_avg_sq"),
                        List.of(),
                        steps,
                        rate,
                        adam.beta1(),
                        adam.beta2(),
                        pace.decay,
                        adam.eps(),
                        false,
                        false,
                        scale,
                        skip);
                if (skip != Boxed.NONE) {
                    Boxed.FOREACH_SUB.run(steps, Collections.nCopies(steps.size(), skip), 1.0);
                }
            } else {
                final OptimizerSettings.Sgd sgd = (OptimizerSettings.Sgd) settings;
                Boxed.FUSED_SGD.run(
                        values,
                        gradients,
                        sgd.momentum() == 0 ? List.of() : state(some, "momentum_buffer"),
                        pace.decay,
                        sgd.momentum(),
                        rate,
                        0.0,
                        sgd.nesterov(),
                        false,
                        first,
                        scale,
                        skip);
            }
            some.forEach(part -> part.put(1 - rate * pace.decay));
        }

        private List<Tensor> state(List<OptimizerState.Part> some, String kind) {
            return some.stream().map(part -> part.state().get(kind)).toList();
        }

        void close() {
            for (Parameter parameter : parameters) {
                if (parameter.rowGradient() != null) {
                    parameter.forgetGradient();
                    parameter.keepRowGradient(false);
                }
            }
            states.values().forEach(OptimizerState::close);
            states.clear();
        }
    }
}
