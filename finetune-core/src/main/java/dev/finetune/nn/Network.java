package dev.finetune.nn;

import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A trunk of stages and a head. Owns its parameters; not thread-safe while it trains, safe for concurrent evaluation.
 */
public final class Network implements AutoCloseable {
    private final List<Stage> stages;
    private final HeadModule head;
    private final List<Parameter> parameters;

    /** Puts a head on a trunk. */
    public Network(List<? extends Stage> stages, HeadModule head) {
        this.stages = List.copyOf(stages);
        this.head = head;
        final Set<Parameter> unique = new LinkedHashSet<>(Module.parametersOf(this.stages));
        unique.addAll(head.parameters());
        this.parameters = List.copyOf(unique);
    }

    /** The trunk, in order. */
    public List<Stage> stages() {
        return stages;
    }

    /** The head. */
    public HeadModule head() {
        return head;
    }

    /** Every parameter once, in the order in which data meets them. */
    public List<Parameter> parameters() {
        return parameters;
    }

    /** The parameters that training changes. */
    public List<Parameter> trained() {
        return parameters.stream().filter(Parameter::isTrained).toList();
    }

    /** The outputs of the head, in the current scope. */
    public Map<String, Tensor> forward(Batch batch, ForwardContext context) {
        return head(trunk(batch, context, hidden -> {}), batch, context);
    }

    /**
     * The output of the last stage, in the current scope; {@code each} is shown every stage's output (borrowed) as it is
     * made. What a stage gave is let go as soon as the next one has it, unless gradients need it.
     */
    public Tensor trunk(Batch batch, ForwardContext context, Consumer<Tensor> each) {
        Tensor hidden = nothing();
        try {
            for (int i = 0; i < stages.size(); i++) {
                final Tensor next = stage(i, hidden, batch, context);
                hidden.close();
                hidden = next;
                each.accept(hidden);
            }
        } catch (RuntimeException e) {
            hidden.close();
            throw e;
        }
        return TensorScope.adopt(hidden);
    }

    /** One stage's output; the caller owns it. Its temporaries are gone. */
    public Tensor stage(int index, Tensor input, Batch batch, ForwardContext context) {
        context.enter(index);
        try (TensorScope scope = TensorScope.open()) {
            return Tensors.own(stages.get(index).forward(input, batch, context));
        }
    }

    private static Tensor nothing() {
        try (TensorScope scope = TensorScope.open()) {
            return Tensors.own(torch.empty(0));
        }
    }

    /** The head's outputs from the last stage's, in the current scope. */
    public Map<String, Tensor> head(Tensor hidden, Batch batch, ForwardContext context) {
        context.enter(stages.size());
        return head.forward(hidden, batch, context);
    }

    /** Copies of the trained parameters' values, to come back to with {@link Snapshot#restore}. */
    public Snapshot snapshot() {
        final List<Parameter> trained = trained();
        final List<Tensor> values = new ArrayList<>();
        try (TensorScope scope = TensorScope.open()) {
            for (Parameter parameter : trained) {
                values.add(Tensors.own(parameter.value().detach().clone()));
            }
        }
        return new Snapshot(trained, values);
    }

    @Override
    public void close() {
        parameters.forEach(Parameter::close);
    }

    /** Values of parameters at some time. Owns its copies. */
    public static final class Snapshot implements AutoCloseable {
        private final List<Parameter> parameters;
        private final List<Tensor> values;

        private Snapshot(List<Parameter> parameters, List<Tensor> values) {
            this.parameters = parameters;
            this.values = values;
        }

        /** Takes the parameters' present values instead. */
        public void update() {
            copy(true);
        }

        /** Gives the parameters the values that were taken. */
        public void restore() {
            copy(false);
        }

        private void copy(boolean fromParameters) {
            try (TensorScope scope = TensorScope.open();
                    var guard = dev.finetune.internal.torch.GradientMode.off()) {
                for (int i = 0; i < values.size(); i++) {
                    final Tensor live = parameters.get(i).value();
                    final Tensor kept = values.get(i);
                    if (fromParameters) {
                        kept.copy_(live);
                    } else {
                        live.copy_(kept);
                    }
                }
            }
        }

        @Override
        public void close() {
            values.forEach(Tensor::close);
        }
    }
}
