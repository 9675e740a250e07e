package dev.finetune.internal.torch;

import dev.finetune.error.FinetuneException;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.ScriptTypeParser;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorType;
import org.bytedeco.pytorch.Type;
import org.jspecify.annotations.Nullable;

/**
 * The operators that the Java bindings don't name, called through the dispatcher. The only place that makes boxed
 * calls: too few arguments, or a list of tensors boxed the wrong way, would kill the JVM.
 */
public enum Boxed {
    /** Adam with decoupled weight decay on many tensors at once, in place. */
    FUSED_ADAMW("aten::_fused_adamw_", "", 15),
    /** Stochastic gradient descent with momentum on many tensors at once, in place. */
    FUSED_SGD("aten::_fused_sgd_", "", 12),
    /** The norm of each tensor of a list. */
    FOREACH_NORM("aten::_foreach_norm", "Scalar", 3),
    /** Multiplies each tensor of a list by a number, in place. */
    FOREACH_MUL("aten::_foreach_mul_", "Scalar", 2),
    /** Adds a number to each tensor of a list, in place. */
    FOREACH_ADD("aten::_foreach_add_", "Scalar", 2),
    /** Subtracts from each tensor of a list that of another, times a number, in place. */
    FOREACH_SUB("aten::_foreach_sub_", "List", 3),
    /** Moves each tensor of a list toward that of another by a share of the way, in place. */
    FOREACH_LERP("aten::_foreach_lerp_", "Scalar", 3),
    /** Copies each tensor of a list into that of another, first, of the same shape. */
    FOREACH_COPY("aten::_foreach_copy_", "", 3),
    /** Sets each tensor of a list to zero. */
    FOREACH_ZERO("aten::_foreach_zero_", "", 1),
    /** The gradient of softmax, written into the last argument. */
    SOFTMAX_BACKWARD("aten::_softmax_backward_data", "out", 5),
    /** A copy of a weight, laid out for products with about so many rows. */
    REORDER_LINEAR_WEIGHT("mkldnn::_reorder_linear_weight", "", 2),
    /** A linear layer of such a copy, and what follows it: "none", "gelu" by an algorithm, "swish". */
    LINEAR_POINTWISE("mkldnn::_linear_pointwise", "", 6),
    /** A linear layer of such a copy, and what it gives taken together with another tensor: "add", "mul". */
    LINEAR_BINARY("mkldnn::_linear_pointwise", "binary", 5);

    static {
        Natives.load();
    }

    private static volatile Type.@Nullable TypePtr optionalNumber;

    private final String operator;
    private final String overload;
    private final int arguments;
    private volatile @Nullable OperatorHandle handle;

    Boxed(String operator, String overload, int arguments) {
        this.operator = operator;
        this.overload = overload;
        this.arguments = arguments;
    }

    /**
     * Calls an operator that works in place.
     *
     * @param arguments one per argument of the schema: a {@code List<Tensor>}, a Tensor, a Double, Long, Boolean or
     *     String, {@link #NONE} or {@link #NO_NUMBERS}
     */
    public void run(Object... arguments) {
        try (PointerScope scope = new PointerScope()) {
            stack(arguments);
        }
    }

    /** Calls an operator that returns a tensor; it belongs to the enclosing scope. */
    public Tensor tensor(Object... arguments) {
        try (TensorScope scope = TensorScope.open()) {
            return scope.keep(new Tensor(stack(arguments).get(0).toTensor()));
        }
    }

    /** Calls an operator that returns a list of tensors; they belong to the enclosing scope. */
    public List<Tensor> list(Object... arguments) {
        try (TensorScope scope = TensorScope.open()) {
            final IValueVector stack = stack(arguments);
            final GenericList list = stack.get(0).toList();
            final Tensor[] tensors = new Tensor[Math.toIntExact(list.size())];
            for (int i = 0; i < tensors.length; i++) {
                tensors[i] = scope.keep(new Tensor(list.get(i).toTensor()));
            }
            return List.of(tensors);
        }
    }

    /** Stands for an optional argument that is not given. */
    public static final Object NONE = new Object();

    /** An empty list of numbers each of which may be missing. */
    public static final Object NO_NUMBERS = new Object();

    private IValueVector stack(Object... values) {
        if (values.length != arguments) {
            throw new FinetuneException(
                    operator + " takes " + arguments + " arguments, but " + values.length + " were given");
        }
        final IValueVector stack = new IValueVector();
        for (Object value : values) {
            stack.push_back(box(value));
        }
        handle().callBoxed(stack);
        return stack;
    }

    /** Found once; kept for as long as the process lives. */
    private OperatorHandle handle() {
        OperatorHandle found = handle;
        if (found == null) {
            found = Dispatcher.singleton().findSchemaOrThrow(operator, overload);
            found.retainReference();
            handle = found;
        }
        return found;
    }

    private static Type.TypePtr optionalNumber() {
        Type.TypePtr found = optionalNumber;
        if (found == null) {
            found = new ScriptTypeParser().parseType("Optional[number]");
            found.retainReference();
            optionalNumber = found;
        }
        return found;
    }

    private static IValue box(Object value) {
        if (value == NONE) {
            return new IValue();
        }
        if (value == NO_NUMBERS) {
            return new IValue(new GenericList(optionalNumber()));
        }
        if (value instanceof String text) {
            return new IValue(text);
        }
        if (value instanceof Tensor tensor) {
            return new IValue(tensor);
        }
        if (value instanceof Double number) {
            return new IValue(number.doubleValue());
        }
        if (value instanceof Long number) {
            return new IValue(number.longValue());
        }
        if (value instanceof Boolean truth) {
            return new IValue(truth.booleanValue());
        }
        if (value instanceof List<?> tensors) {
            final GenericList list = new GenericList(new Type.TypePtr(TensorType.get()));
            for (Object tensor : tensors) {
                list.push_back(new IValue((Tensor) tensor));
            }
            return new IValue(list);
        }
        throw new IllegalArgumentException("cannot box a " + value.getClass().getName());
    }
}
