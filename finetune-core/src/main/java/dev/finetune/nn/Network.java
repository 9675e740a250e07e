package dev.finetune.nn;

import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A trunk of stages and a head. Owns its parameters; not thread-safe while it trains, safe for concurrent evaluation.
 */
public final class Network implements AutoCloseable {
    private final List<Stage> stages;
    private final HeadModule head;
    private final List<Parameter> parameters;
    private final List<Buffer> buffers;

    /**
     * Puts a head on a trunk.
     *
     * @param stages from the input up; owned from now on
     * @param head reads the last stage; owned from now on
     */
    public Network(List<? extends Stage> stages, HeadModule head) {
        this.stages = List.copyOf(stages);
        this.head = head;
        final Set<Parameter> unique = new LinkedHashSet<>(Module.parametersOf(this.stages));
        unique.addAll(head.parameters());
        this.parameters = List.copyOf(unique);
        final List<Buffer> kept = new ArrayList<>(Module.buffersOf(this.stages));
        kept.addAll(head.buffers());
        this.buffers = List.copyOf(kept);
    }

    /** {@return the trunk, in order} */
    public List<Stage> stages() {
        return stages;
    }

    /** {@return the head} */
    public HeadModule head() {
        return head;
    }

    /** {@return every parameter once, in the order in which data meets them} */
    public List<Parameter> parameters() {
        return parameters;
    }

    /** {@return the parameters that training changes} */
    public List<Parameter> trained() {
        return parameters.stream().filter(Parameter::isTrained).toList();
    }

    /** {@return the dotted names of the layers that something adapts, merged or not, in order} */
    public Set<String> adaptedLayers() {
        final String weight = ".weight";
        return parameters.stream()
                .filter(parameter -> parameter.name().endsWith(weight)
                        && !parameter.additions().isEmpty())
                .map(parameter -> parameter.name().substring(0, parameter.name().length() - weight.length()))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** {@return every buffer: what is saved with the parameters and no gradient changes} */
    public List<Buffer> buffers() {
        return buffers;
    }

    /**
     * {@return the outputs of the head, in the current scope}
     *
     * @param batch the batch (borrowed)
     * @param context of this pass: whether it trains, and what dropout draws from
     */
    public Map<String, Tensor> forward(Batch batch, ForwardContext context) {
        return head(trunk(batch, context, hidden -> {}), batch, context);
    }

    /**
     * {@return the output of the last stage, in the current scope; {@code each} is shown every stage's output
     * (borrowed) as it is made} What a stage gave is let go as soon as the next one has it, unless gradients need it.
     *
     * @param batch the batch (borrowed)
     * @param context of this pass: whether it trains, and what dropout draws from
     * @param each called once a stage, in order
     */
    public Tensor trunk(Batch batch, ForwardContext context, Consumer<Tensor> each) {
        final Tensor nothing = nothing();
        try {
            return trunk(0, stages.size(), nothing, batch, context, each);
        } finally {
            nothing.close();
        }
    }

    /**
     * {@return the output of stage {@code to - 1} from that of stage {@code from - 1} (borrowed), as {@link
     * #trunk(Batch, ForwardContext, Consumer)}; the input itself where there is no stage between}
     *
     * @param from the first stage that computes
     * @param to the stage after the last that computes
     * @param input what stage {@code from - 1} gave
     * @param batch the batch (borrowed)
     * @param context of this pass: whether it trains, and what dropout draws from
     * @param each called once a stage, in order
     */
    public Tensor trunk(int from, int to, Tensor input, Batch batch, ForwardContext context, Consumer<Tensor> each) {
        Tensor hidden = input;
        boolean ours = false;
        try {
            for (int i = from; i < to; i++) {
                final Tensor next = stage(i, hidden, batch, context);
                if (ours) {
                    hidden.close();
                }
                hidden = next;
                ours = true;
                each.accept(hidden);
            }
        } catch (RuntimeException | Error e) {
            if (ours) {
                hidden.close();
            }
            throw e;
        }
        return ours ? TensorScope.adopt(hidden) : hidden;
    }

    /** {@return how many stages, from the input on, have nothing that is trained} */
    public int frozenStages() {
        int count = 0;
        while (count < stages.size() && stages.get(count).parameters().stream().noneMatch(Parameter::isTrained)) {
            count++;
        }
        return count;
    }

    /**
     * {@return one stage's output; the caller owns it} Its temporaries are gone.
     *
     * @param index from 0
     * @param input what the stage before gave (borrowed); the first stage doesn't look at it
     * @param batch the batch (borrowed)
     * @param context of this pass: whether it trains, and what dropout draws from
     */
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

    /**
     * {@return the head's outputs from the last stage's, in the current scope}
     *
     * @param hidden the last stage's output (borrowed)
     * @param batch the batch (borrowed)
     * @param context of this pass: whether it trains, and what dropout draws from
     */
    public Map<String, Tensor> head(Tensor hidden, Batch batch, ForwardContext context) {
        context.enter(stages.size());
        return head.forward(hidden, batch, context);
    }

    /**
     * {@return what it computes in an evaluation, as operators}
     *
     * @param columns what batches hold
     * @throws dev.finetune.error.FinetuneException if a stage or the head can't be drawn
     */
    public OperatorGraph draw(Set<String> columns) {
        final OperatorGraph graph = new OperatorGraph(columns);
        OperatorGraph.Value hidden = OperatorGraph.NOTHING;
        for (Stage stage : stages) {
            graph.enter(stage.name());
            hidden = stage.draw(graph, hidden);
        }
        graph.enter("head");
        head.draw(graph, hidden);
        return graph;
    }

    /**
     * Uses the tensors of another network of the same checkpoint for what is frozen, of equal name and shape in both. Each
     * may be closed, the last one frees them; neither may train them any more.
     *
     * @param other of the same checkpoint
     * @param own whether a parameter of that name isn't the checkpoint's, so that each keeps its own
     */
    public void shareFrozen(Network other, Predicate<String> own) {
        final Map<String, Parameter> theirs = new HashMap<>();
        other.parameters.stream()
                .filter(parameter -> !parameter.isTrained() && !own.test(parameter.name()))
                .forEach(parameter -> theirs.put(parameter.name(), parameter));
        for (Parameter parameter : parameters) {
            final Parameter same = theirs.get(parameter.name());
            if (same != null && !parameter.isTrained() && Arrays.equals(same.shape(), parameter.shape())) {
                parameter.value().set_data(same.value());
            }
        }
    }

    /** Takes what adapts its layers into their weights, until {@link #unmerge}. */
    public void merge() {
        parameters.forEach(Parameter::merge);
    }

    /** Goes back to the weights before {@link #merge}. */
    public void unmerge() {
        parameters.forEach(Parameter::unmerge);
    }

    /**
     * {@return copies of what training changes, trained parameters and buffers, to come back to with {@link
     * Snapshot#restore}; to be closed by the caller}
     */
    public Snapshot snapshot() {
        return snapshot(trained());
    }

    /**
     * {@return copies of these parameters and of the buffers, to be closed by the caller}
     *
     * @param some of this network
     */
    public Snapshot snapshot(List<Parameter> some) {
        final Map<String, Tensor> named = tensors(some);
        final List<Tensor> live = List.copyOf(named.values());
        final List<Tensor> values = new ArrayList<>();
        try (TensorScope scope = TensorScope.open()) {
            live.forEach(tensor -> values.add(Tensors.own(tensor.detach().clone())));
        } catch (RuntimeException | Error e) {
            values.forEach(Tensor::close);
            throw e;
        }
        return new Snapshot(List.copyOf(named.keySet()), live, values);
    }

    /**
     * {@return the tensors of these parameters and of the buffers by their names, in that order; borrowed}
     *
     * @param some of this network
     */
    public Map<String, Tensor> tensors(List<Parameter> some) {
        final Map<String, Tensor> tensors = new LinkedHashMap<>();
        some.forEach(parameter -> tensors.put(parameter.name(), parameter.value()));
        buffers.forEach(buffer -> tensors.put(buffer.name(), buffer.value()));
        return tensors;
    }

    @Override
    public void close() {
        parameters.forEach(Parameter::close);
        buffers.forEach(Buffer::close);
    }

    /** Values of parameters and buffers at some time. Owns its copies. */
    public static final class Snapshot implements AutoCloseable {
        private final List<String> names;
        private final List<Tensor> live;
        private final List<Tensor> values;

        private Snapshot(List<String> names, List<Tensor> live, List<Tensor> values) {
            this.names = names;
            this.live = live;
            this.values = values;
        }

        /** {@return the values by name, borrowed} */
        public Map<String, Tensor> values() {
            final Map<String, Tensor> named = new LinkedHashMap<>();
            for (int i = 0; i < values.size(); i++) {
                named.put(names.get(i), values.get(i));
            }
            return named;
        }

        /** Takes the present values instead. */
        public void update() {
            copy(true);
        }

        /** Gives back the values that were taken. */
        public void restore() {
            copy(false);
        }

        private void copy(boolean fromLive) {
            try (TensorScope scope = TensorScope.open();
                    var guard = dev.finetune.internal.torch.GradientMode.off()) {
                for (int i = 0; i < values.size(); i++) {
                    if (fromLive) {
                        values.get(i).copy_(live.get(i));
                    } else {
                        live.get(i).copy_(values.get(i));
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
