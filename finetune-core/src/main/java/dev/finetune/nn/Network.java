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
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/**
 * A trunk of stages and a head. Owns its parameters; not thread-safe while it trains, safe for concurrent evaluation.
 */
public final class Network implements AutoCloseable {
    private final List<Stage> stages;
    private final HeadModule head;
    private final StageOrder order;
    private final List<Parameter> parameters;
    private final List<Buffer> buffers;

    /**
     * Puts a head on a trunk.
     *
     * @param stages from the input up, each after those that it reads; owned from now on
     * @param head reads the last stage, or those that it names; owned from now on
     * @throws dev.finetune.error.FinetuneException if one reads a stage that isn't before it
     */
    public Network(List<? extends Stage> stages, HeadModule head) {
        this.stages = List.copyOf(stages);
        this.head = head;
        this.order = new StageOrder(this.stages, head);
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

    /** {@return whether some of its weights are kept in few bits} */
    public boolean isPacked() {
        return parameters.stream().anyMatch(parameter -> parameter.packed().isPresent());
    }

    /** {@return whether some of its weights are kept in bfloat16 or in fewer bits, to save memory} */
    public boolean isKeptSmall() {
        return parameters.stream()
                .anyMatch(parameter -> parameter.packed().isPresent() || Mixed.isHalf(parameter.value()));
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
     * {@return what the head reads, in the current scope; {@code each} is shown every stage's output (borrowed) as it is
     * made} What a stage gave is let go as soon as the last that reads it has it, unless gradients need it.
     *
     * @param batch the batch (borrowed)
     * @param context of this pass: whether it trains, and what dropout draws from
     * @param each called once a stage, in order
     */
    public Hidden trunk(Batch batch, ForwardContext context, Consumer<Tensor> each) {
        return trunk(0, stages.size(), Hidden.NONE, batch, context, each);
    }

    /**
     * {@return what the stages before {@code to} gave and later ones, or the head, read, from the same before {@code from}
     * (borrowed), as {@link #trunk(Batch, ForwardContext, Consumer)}; the input itself where there is no stage between}
     *
     * @param from the first stage that computes
     * @param to the stage after the last that computes
     * @param input what stages before {@code from} gave
     * @param batch the batch (borrowed)
     * @param context of this pass: whether it trains, and what dropout draws from
     * @param each called once a stage, in order
     */
    public Hidden trunk(int from, int to, Hidden input, Batch batch, ForwardContext context, Consumer<Tensor> each) {
        final Map<Integer, Tensor> live = new TreeMap<>(input.byStage());
        final Map<Integer, Tensor> ours = new TreeMap<>();
        try {
            for (int i = from; i < to; i++) {
                final int now = i;
                final List<Tensor> read = order.inputs(i).stream()
                        .map(stage -> Objects.requireNonNull(live.get(stage)))
                        .toList();
                final Tensor next = stage(i, read, batch, context);
                live.put(i, next);
                ours.put(i, next);
                live.keySet().removeIf(stage -> order.lastReader(stage) <= now && stage != now);
                ours.entrySet().removeIf(entry -> {
                    final boolean last = !live.containsKey(entry.getKey());
                    if (last) {
                        entry.getValue().close();
                    }
                    return last;
                });
                each.accept(next);
            }
        } catch (RuntimeException | Error e) {
            ours.values().forEach(Tensor::close);
            throw e;
        }
        ours.values().forEach(TensorScope::adopt);
        return new Hidden(live);
    }

    /**
     * {@return the stages whose outputs one reads, by their numbers}
     *
     * @param reader a stage, or the head, which is the one after the last
     */
    public List<Integer> inputs(int reader) {
        return order.inputs(reader);
    }

    /**
     * {@return the stages before one whose outputs it, a later one or the head reads}
     *
     * @param from a stage's number
     */
    public List<Integer> live(int from) {
        return IntStream.range(0, from)
                .filter(stage -> order.lastReader(stage) >= from)
                .boxed()
                .toList();
    }

    /**
     * {@return how many stages lie below one, on the longest way: 0 for embeddings}
     *
     * @param stage its number
     */
    public int fromInput(int stage) {
        return order.fromInput(stage);
    }

    /**
     * {@return how far below the head a stage is, on the longest way: 1 for what the head reads}
     *
     * @param stage its number
     */
    public int fromHead(int stage) {
        return order.fromHead(stage);
    }

    /** {@return how many layers its longest way has, above the first stage} */
    public int layers() {
        return IntStream.range(0, stages.size()).map(order::fromInput).max().orElse(0);
    }

    /** {@return of each stage whether something is trained in it, or in what it reads: then gradients reach its output} */
    public boolean[] learning() {
        final boolean[] learning = new boolean[stages.size()];
        for (int i = 0; i < learning.length; i++) {
            learning[i] = stages.get(i).parameters().stream().anyMatch(Parameter::isTrained);
            for (int input : order.inputs(i)) {
                learning[i] |= learning[input];
            }
        }
        return learning;
    }

    /** {@return whether padding need not be computed, by any stage, for what the head gives for tokens, and for its loss} */
    public boolean canLeaveOutPadding() {
        return stages.stream().allMatch(Stage::canLeaveOutPadding) && !head.readsPadding();
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
     * @param inputs what the stages that it reads gave (borrowed)
     * @param batch the batch (borrowed)
     * @param context of this pass: whether it trains, and what dropout draws from
     */
    public Tensor stage(int index, List<Tensor> inputs, Batch batch, ForwardContext context) {
        context.enter(index);
        try (TensorScope scope = TensorScope.open()) {
            return Tensors.own(stages.get(index).forward(inputs, batch, context));
        }
    }

    /**
     * {@return the head's outputs from the stages', in the current scope}
     *
     * @param hidden what the stages gave that it reads (borrowed)
     * @param batch the batch (borrowed)
     * @param context of this pass: whether it trains, and what dropout draws from
     */
    public Map<String, Tensor> head(Hidden hidden, Batch batch, ForwardContext context) {
        context.enter(stages.size());
        return head.forward(
                order.inputs(stages.size()).stream().map(hidden::get).toList(), batch, context);
    }

    /**
     * {@return what it computes in an evaluation, as operators}
     *
     * @param columns what batches hold
     * @throws dev.finetune.error.FinetuneException if a stage or the head can't be drawn
     */
    public OperatorGraph draw(Set<String> columns) {
        final OperatorGraph graph = new OperatorGraph(columns);
        final List<OperatorGraph.Value> drawn = new ArrayList<>();
        for (int i = 0; i < stages.size(); i++) {
            graph.enter(stages.get(i).name());
            drawn.add(stages.get(i)
                    .draw(graph, order.inputs(i).stream().map(drawn::get).toList()));
        }
        graph.enter("head");
        head.draw(graph, order.inputs(stages.size()).stream().map(drawn::get).toList());
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
                parameter.share(same);
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
     * {@return what is computed while nothing adapts its layers, as if it were the base alone} What was merged is taken out for as long,
     * and in again.
     *
     * @param compute with this network, which nobody else may use meanwhile
     * @param <T> what that gives
     */
    public <T> T withoutAdapters(Supplier<T> compute) {
        final boolean merged = parameters.stream().anyMatch(Parameter::isMerged);
        unmerge();
        parameters.forEach(parameter -> parameter.setAside(true));
        try {
            return compute.get();
        } finally {
            parameters.forEach(parameter -> parameter.setAside(false));
            if (merged) {
                merge();
            }
        }
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
