package dev.finetune.checkpoint;

import dev.finetune.checkpoint.Pickled.Dict;
import dev.finetune.checkpoint.Pickled.ElementType;
import dev.finetune.checkpoint.Pickled.Global;
import dev.finetune.checkpoint.Pickled.Opaque;
import dev.finetune.checkpoint.Pickled.PyList;
import dev.finetune.checkpoint.Pickled.Storage;
import dev.finetune.checkpoint.Pickled.Tuple;
import dev.finetune.checkpoint.Pickled.UnreadableTensor;
import dev.finetune.checkpoint.Pickled.View;
import java.io.IOException;
import java.util.List;

/** What a pickle's calls come to: views of storages, and containers. Nothing is called. */
final class PickleCalls {
    private static final int MAX_DIMENSIONS = 64;

    /** PyTorch knows two, "conj" and "neg". */
    private static final int MOST_METADATA = 16;

    private PickleCalls() {}

    /** The value of {@code global(*arguments)}. */
    static Object call(Global global, List<Object> arguments) throws IOException {
        return switch (global.kind()) {
            case DICT -> dict(global, arguments);
            case SIZE -> argument(global, arguments, 0, Tuple.class);
            case TENSOR, TENSOR_V2 -> view(global, arguments);
            case TENSOR_V3 -> typedView(global, arguments);
            case PARAMETER -> parameter(global, arguments);
            case FROM_TYPE -> fromType(global, arguments);
            case UNREADABLE_TENSOR -> new UnreadableTensor(global.qualifiedName());
            case OPAQUE -> new Opaque(global.qualifiedName());
            case STORAGE, DTYPE -> throw new IOException(global.qualifiedName() + " can't be called");
        };
    }

    /** {@code _rebuild_from_type_v2(function, type, arguments, state)}: what the function makes; never again one of its kind. */
    private static Object fromType(Global global, List<Object> arguments) throws IOException {
        Global function = argument(global, arguments, 0, Global.class);
        if (function.kind() == PickleGlobals.Kind.FROM_TYPE) {
            throw new IOException(global.qualifiedName() + " is called within itself");
        }
        return call(function, argument(global, arguments, 2, Tuple.class).items());
    }

    /** Such as {@code OrderedDict()} or, from Python 2, {@code OrderedDict([[key, value], ...])}. */
    private static Dict dict(Global global, List<Object> arguments) throws IOException {
        Dict dict = new Dict();
        for (Object argument : arguments) {
            if (argument instanceof Dict source) {
                source.entries().forEach(dict::put);
            } else if (argument instanceof PyList pairs) {
                for (Object pair : pairs.items()) {
                    List<Object> items = items(pair);
                    if (items.size() != 2) {
                        throw new IOException(global.qualifiedName() + " is given something that isn't a pair");
                    }
                    dict.put(items.get(0), items.get(1));
                }
            } else if (!(argument instanceof Global) && argument != Pickled.None.NONE) {
                throw new IOException(global.qualifiedName() + " is given something that isn't a dict or a list");
            }
        }
        return dict;
    }

    private static List<Object> items(Object pair) {
        if (pair instanceof Tuple tuple) {
            return tuple.items();
        }
        return pair instanceof PyList list ? list.items() : List.of();
    }

    /** {@code _rebuild_tensor_v2(storage, storage_offset, size, stride, requires_grad, hooks, metadata=None)}. */
    private static Object view(Global global, List<Object> arguments) throws IOException {
        if (arguments.size() > 6 && isFlagged(arguments.get(6))) {
            return new UnreadableTensor("a tensor whose conjugation or negation is still to be done");
        }
        Storage storage = argument(global, arguments, 0, Storage.class);
        return checked(global, storage, storage.type(), arguments);
    }

    /** {@code _rebuild_tensor_v3(storage, storage_offset, size, stride, requires_grad, hooks, dtype, metadata=None)}. */
    private static Object typedView(Global global, List<Object> arguments) throws IOException {
        if (arguments.size() > 7 && isFlagged(arguments.get(7))) {
            return new UnreadableTensor("a tensor whose conjugation or negation is still to be done");
        }
        Global dtype = argument(global, arguments, 6, Global.class);
        if (dtype.kind() != PickleGlobals.Kind.DTYPE) {
            throw new IOException(global.qualifiedName() + " is given a dtype that isn't one");
        }
        return checked(
                global,
                argument(global, arguments, 0, Storage.class),
                dtype.elements().orElseThrow(),
                arguments);
    }

    /** {@code _rebuild_parameter(data, requires_grad, hooks)}: its data. */
    private static Object parameter(Global global, List<Object> arguments) throws IOException {
        Object data = arguments.isEmpty() ? Pickled.None.NONE : arguments.get(0);
        if (data instanceof View || data instanceof UnreadableTensor) {
            return data;
        }
        throw new IOException(global.qualifiedName() + " is given something that isn't a tensor");
    }

    private static boolean isFlagged(Object metadata) {
        return metadata instanceof Dict dict
                && (dict.entries().size() > MOST_METADATA || dict.entries().containsValue(true));
    }

    private static View checked(Global global, Storage storage, ElementType type, List<Object> arguments)
            throws IOException {
        long offset = argument(global, arguments, 1, Long.class);
        long[] shape = sizes(global, argument(global, arguments, 2, Tuple.class));
        long[] strides = sizes(global, argument(global, arguments, 3, Tuple.class));
        if (shape.length != strides.length || shape.length > MAX_DIMENSIONS || offset < 0) {
            throw new IOException("a tensor has the shape " + TensorShape.text(shape) + ", strides "
                    + TensorShape.text(strides) + " and offset " + offset + ", which don't go together");
        }
        long end;
        long has;
        try {
            long span = TensorShape.span(shape, strides);
            end = Math.multiplyExact(span == 0 ? 0 : Math.addExact(offset, span), (long) type.bytes());
            has = Math.multiplyExact(storage.size(), (long) storage.type().bytes());
        } catch (ArithmeticException e) {
            throw new IOException("a tensor of shape " + TensorShape.text(shape) + " is too large to be counted", e);
        }
        if (end > has) {
            throw new IOException("a tensor of shape " + TensorShape.text(shape) + " reaches to byte " + end
                    + " of storage " + storage.key() + ", which has " + has);
        }
        return new View(storage, type, offset, shape, strides);
    }

    private static long[] sizes(Global global, Tuple tuple) throws IOException {
        if (tuple.items().size() > MAX_DIMENSIONS) {
            throw new IOException("a tensor has more than " + MAX_DIMENSIONS + " dimensions");
        }
        long[] sizes = new long[tuple.items().size()];
        for (int i = 0; i < sizes.length; i++) {
            if (!(tuple.items().get(i) instanceof Long size) || size < 0) {
                throw new IOException(
                        global.qualifiedName() + " is given a size or stride that isn't a number of 0 or more");
            }
            sizes[i] = size;
        }
        return sizes;
    }

    private static <T> T argument(Global global, List<Object> arguments, int index, Class<T> type) throws IOException {
        if (index >= arguments.size() || !type.isInstance(arguments.get(index))) {
            throw new IOException(
                    global.qualifiedName() + " isn't given a " + type.getSimpleName() + " as argument " + (index + 1));
        }
        return type.cast(arguments.get(index));
    }
}
