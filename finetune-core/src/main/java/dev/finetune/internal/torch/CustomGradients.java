package dev.finetune.internal.torch;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.FunctionPreHook;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The time of one forward and backward pass in which operations may compute their own gradients, as
 * torch.autograd.Function lets them in Python, and so keep what they choose and nothing else. Belongs to the thread that
 * opened it; frees on closing what the operations kept and no backward pass came for.
 *
 * <p>How: the bindings let Java hook into the nodes of a graph but not write new ones. So an operation's value, computed
 * without a graph, is put into a tensor that depends on the inputs by way of nothing: input -> expand to no rows (entry)
 * -> sum -> expand to the output's shape (exit). A hook on the exit takes the output's gradient and has the inputs'
 * gradients computed; a hook on each entry hands them on in place of what came.
 */
public final class CustomGradients implements AutoCloseable {
    private static final ThreadLocal<@Nullable CustomGradients> CURRENT = new ThreadLocal<>();

    static {
        Natives.load();
    }

    /**
     * Numbers in a tensor from which not keeping it is worth an operation of one's own: 1 MB of them. Each use leaves some
     * ten bytes behind for good, a weak reference that the bindings never delete, so that small tensors had better be kept.
     */
    private static final long LEAST = 1 << 18;

    private final @Nullable CustomGradients outer = CURRENT.get();
    private final List<Call> calls = new ArrayList<>();
    private @Nullable TensorVector handedOver;
    private @Nullable Tensor buffer;
    private final boolean ofAll;

    private CustomGradients(boolean ofAll) {
        this.ofAll = ofAll;
    }

    /** What computes gradients. */
    public interface Backward {
        /**
         * Computes those gradients of the inputs that are wanted.
         *
         * @param gradient of the output (borrowed)
         * @param kept what was to be kept; it may close and remove what it no longer needs
         * @param gradients takes them
         */
        void run(Tensor gradient, List<Tensor> kept, Gradients gradients);
    }

    /** Takes the gradients of the inputs. */
    public interface Gradients {
        /** Whether anything behind an input, by its place among them, wants a gradient. */
        boolean wanted(int input);

        /** Takes the gradient of an input, in its shape, out of every scope; unless it isn't wanted. */
        void set(int input, Tensor gradient);
    }

    /** Lets operations of this thread compute their own gradients until it is closed. Use with try-with-resources. */
    public static CustomGradients open() {
        return open(true);
    }

    /** The same for those operations alone that unpack weights. */
    public static CustomGradients openForWeights() {
        return open(false);
    }

    private static CustomGradients open(boolean ofAll) {
        final CustomGradients opened = new CustomGradients(ofAll);
        CURRENT.set(opened);
        return opened;
    }

    /** Whether this thread records gradients, and operations may compute their own. */
    public static boolean areOpen() {
        final CustomGradients open = CURRENT.get();
        return open != null && open.ofAll && GradMode.is_enabled();
    }

    /** Whether this thread records gradients, and operations that unpack weights may compute their own. */
    public static boolean areOpenForWeights() {
        return CURRENT.get() != null && GradMode.is_enabled();
    }

    /** Whether they are open, and a tensor of floats or in bfloat16 on the CPU so large that it pays not to keep another like it. */
    public static boolean payFor(Tensor tensor) {
        if (!areOpen() || tensor.numel() < LEAST || !tensor.is_cpu()) {
            return false;
        }
        final ScalarType type = tensor.scalar_type().intern();
        return type == ScalarType.Float || type == ScalarType.BFloat16;
    }

    /**
     * An output with gradients of its own, in the current scope; only while {@link #areOpen()}.
     *
     * @param value what the operation gives, computed without a graph (borrowed; the output shares its memory)
     * @param inputs on which it depends
     * @param kept what backward needs, shared, not copied; nothing may write into it before backward came
     * @param backward computes the gradients, once
     */
    public static Tensor output(Tensor value, List<Tensor> inputs, List<Tensor> kept, Backward backward) {
        try (TensorScope scope = TensorScope.open()) {
            return scope.keep(output(value, null, inputs, kept, backward));
        }
    }

    /**
     * The same for an output that depends on leaves, too, to whose gradients backward adds by itself ({@link LeafGradient}).
     *
     * @param value what the operation gives, computed without a graph, on the CPU (borrowed; the output shares its memory)
     * @param inputs on which it depends besides; there may be none
     * @param kept what backward needs, shared, not copied; nothing may write into it before backward came
     * @param backward computes the gradients, once, and adds those of the leaves
     */
    public static Tensor outputOfLeaves(Tensor value, List<Tensor> inputs, List<Tensor> kept, Backward backward) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor root = torch.zeros(new long[0]).set_requires_grad(true);
            return scope.keep(output(value, root, inputs, kept, backward));
        }
    }

    private static Tensor output(
            Tensor value, @Nullable Tensor root, List<Tensor> inputs, List<Tensor> kept, Backward backward) {
        final CustomGradients open = CURRENT.get();
        if (open == null) {
            throw new IllegalStateException("no custom gradients are open on this thread");
        }
        try (TensorScope scope = TensorScope.open()) {
            final Call call = open.new Call(kept, backward, inputs.size());
            Tensor link = root;
            for (int i = 0; i < inputs.size(); i++) {
                if (inputs.get(i).requires_grad()) {
                    final Tensor entry = inputs.get(i).expand(noRowsOf(inputs.get(i)));
                    call.hook(entry, call.entry(i));
                    final Tensor zero = entry.sum();
                    link = link == null ? zero : link.add(zero);
                }
            }
            if (link == null) {
                call.close();
                return scope.keep(value.detach());
            }
            open.calls.add(call);
            // The engine casts the output's gradient to the type of what hangs on the graph.
            final Tensor output = link.to(value.scalar_type()).expand(Tensors.shape(value));
            output.set_data(value);
            call.hook(output, call.exit());
            return scope.keep(output);
        }
    }

    /**
     * Memory on the CPU that operations of this thread use one after the other while custom gradients are open: large blocks that
     * come and go between others that stay leave holes which nothing else fits into.
     *
     * @param count how many numbers
     * @return (count) of any values, in the current scope, until the next call; null while none are open
     */
    public static @Nullable Tensor buffer(long count, ScalarType type) {
        final CustomGradients open = CURRENT.get();
        if (open == null) {
            return null;
        }
        try (TensorScope scope = TensorScope.open()) {
            final Tensor before = open.buffer;
            if (before != null
                    && before.numel() >= count
                    && before.scalar_type().intern() == type.intern()) {
                return scope.keep(before.narrow(0, 0, count));
            }
            open.freeBuffer();
            final Tensor made = Tensors.own(torch.empty(new long[] {count}, new TensorOptions(type), null));
            open.buffer = made;
            return scope.keep(made.narrow(0, 0, count));
        }
    }

    private void freeBuffer() {
        if (buffer != null) {
            buffer.close();
            buffer = null;
        }
    }

    private static long[] noRowsOf(Tensor tensor) {
        final long[] shape = Tensors.shape(tensor);
        final long[] none = new long[shape.length + 1];
        System.arraycopy(shape, 0, none, 1, shape.length);
        return none;
    }

    /** Gives a gradient to the engine, which copies the handle only after the hook has returned. */
    private TensorVector handOver(Tensor gradient) {
        if (handedOver != null) {
            handedOver.close();
        }
        handedOver = new TensorVector(gradient);
        handedOver.retainReference();
        return handedOver;
    }

    @Override
    public void close() {
        calls.forEach(Call::close);
        freeBuffer();
        if (handedOver != null) {
            handedOver.close();
        }
        if (outer == null) {
            CURRENT.remove();
        } else {
            CURRENT.set(outer);
        }
    }

    /** One use of an operation. Owns what it keeps; holds its hooks, of which the graph only knows the native half. */
    private final class Call implements Gradients {
        private final Backward backward;
        private final boolean[] wanted;
        private final List<Tensor> kept = new ArrayList<>();
        private final @Nullable Tensor[] gradients;
        private final List<FunctionPreHook> hooks = new ArrayList<>();

        Call(List<Tensor> kept, Backward backward, int inputs) {
            this.backward = backward;
            this.wanted = new boolean[inputs];
            this.gradients = new Tensor[inputs];
            kept.forEach(tensor -> this.kept.add(Tensors.own(tensor.detach())));
        }

        void hook(Tensor tensor, FunctionPreHook hook) {
            hooks.add(hook);
            // The graph owns the native half; JavaCPP would count it until garbage is collected.
            hook.deallocate(false);
            tensor.grad_fn().add_pre_hook(hook);
        }

        FunctionPreHook exit() {
            return new FunctionPreHook() {
                @Override
                public TensorVector apply(TensorVector outputs) {
                    try (TensorScope scope = TensorScope.open()) {
                        backward.run(outputs.get(0), kept, Call.this);
                        forget(kept);
                        return handOver(torch.zeros(new long[0]));
                    }
                }
            };
        }

        FunctionPreHook entry(int input) {
            wanted[input] = true;
            return new FunctionPreHook() {
                @Override
                public TensorVector apply(TensorVector nothing) {
                    try (TensorScope scope = TensorScope.open();
                            Tensor gradient = Objects.requireNonNull(gradients[input])) {
                        gradients[input] = null;
                        return handOver(gradient);
                    }
                }
            };
        }

        @Override
        public boolean wanted(int input) {
            return wanted[input];
        }

        @Override
        public void set(int input, Tensor gradient) {
            if (wanted[input]) {
                gradients[input] = Tensors.own(gradient);
            }
        }

        private void forget(List<Tensor> tensors) {
            tensors.forEach(Tensor::close);
            tensors.clear();
        }

        void close() {
            forget(kept);
            for (int i = 0; i < gradients.length; i++) {
                final Tensor left = gradients[i];
                if (left != null) {
                    left.close();
                    gradients[i] = null;
                }
            }
        }
    }
}
