package dev.finetune.checkpoint;

import dev.finetune.checkpoint.Pickled.ElementType;
import dev.finetune.checkpoint.Pickled.Global;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The types and functions that a pickle may name; none of them is ever loaded or run, whatever the file says. */
final class PickleGlobals {
    /** What we make of a type or function. */
    enum Kind {
        DICT,
        SIZE,
        STORAGE,
        DTYPE,
        TENSOR,
        TENSOR_V2,
        TENSOR_V3,
        PARAMETER,
        FROM_TYPE,
        UNREADABLE_TENSOR,
        OPAQUE
    }

    private static final Map<String, Global> ALLOWED = allowed();

    private PickleGlobals() {}

    /** The global of that name, if a checkpoint may name it. */
    static Optional<Global> find(String module, String name) {
        String home = switch (module) {
            case "__builtin__" -> "builtins";
            case "copy_reg" -> "copyreg";
            case "torch.cuda" -> "torch";
            case "numpy._core.multiarray" -> "numpy.core.multiarray";
            case "numpy._core.numeric" -> "numpy.core.numeric";
            default -> module;
        };
        return Optional.ofNullable(ALLOWED.get(home + "." + name));
    }

    private static Map<String, Global> allowed() {
        Map<String, Global> all = new HashMap<>();
        add(all, Kind.DICT, "collections", "OrderedDict", "defaultdict", "Counter");
        add(all, Kind.DICT, "builtins", "dict");
        add(all, Kind.SIZE, "torch", "Size");
        add(all, Kind.TENSOR, "torch._utils", "_rebuild_tensor");
        add(all, Kind.TENSOR_V2, "torch._utils", "_rebuild_tensor_v2");
        add(all, Kind.TENSOR_V3, "torch._utils", "_rebuild_tensor_v3");
        add(all, Kind.PARAMETER, "torch._utils", "_rebuild_parameter", "_rebuild_parameter_with_state");
        add(all, Kind.FROM_TYPE, "torch._tensor", "_rebuild_from_type_v2");
        add(
                all,
                Kind.UNREADABLE_TENSOR,
                "torch._utils",
                "_rebuild_sparse_tensor",
                "_rebuild_sparse_csr_tensor",
                "_rebuild_nested_tensor",
                "_rebuild_qtensor",
                "_rebuild_meta_tensor_no_storage");
        addOpaque(all);
        for (ElementType type : storages().values()) {
            addElements(all, Kind.DTYPE, "torch." + type.name(), type);
        }
        storages().forEach((name, type) -> {
            addElements(all, Kind.STORAGE, "torch." + name, type);
            addElements(all, Kind.STORAGE, "torch.storage." + name, type);
        });
        for (String name : new String[] {"float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz"}) {
            addElements(all, Kind.DTYPE, "torch." + name, new ElementType(name, 1, Optional.empty()));
        }
        addElements(all, Kind.DTYPE, "torch.uint16", new ElementType("uint16", 2, Optional.empty()));
        addElements(all, Kind.DTYPE, "torch.uint32", new ElementType("uint32", 4, Optional.empty()));
        addElements(all, Kind.DTYPE, "torch.uint64", new ElementType("uint64", 8, Optional.empty()));
        return Map.copyOf(all);
    }

    private static void addOpaque(Map<String, Global> all) {
        add(
                all,
                Kind.OPAQUE,
                "builtins",
                "set",
                "frozenset",
                "list",
                "tuple",
                "bytearray",
                "complex",
                "object",
                "slice");
        add(all, Kind.OPAQUE, "builtins", "int", "float", "bool", "str", "bytes", "range");
        add(all, Kind.OPAQUE, "collections", "deque");
        add(all, Kind.OPAQUE, "copyreg", "_reconstructor");
        add(all, Kind.OPAQUE, "_codecs", "encode");
        add(all, Kind.OPAQUE, "argparse", "Namespace");
        add(all, Kind.OPAQUE, "types", "SimpleNamespace");
        add(all, Kind.OPAQUE, "datetime", "datetime", "date", "time", "timedelta", "timezone");
        add(all, Kind.OPAQUE, "pathlib", "Path", "PurePath", "PosixPath", "PurePosixPath", "WindowsPath");
        add(all, Kind.OPAQUE, "pathlib", "PureWindowsPath");
        add(all, Kind.OPAQUE, "torch", "device", "Tensor", "strided");
        add(all, Kind.OPAQUE, "torch.nn.parameter", "Parameter", "Buffer");
        add(all, Kind.OPAQUE, "torch.serialization", "_get_layout");
        add(all, Kind.OPAQUE, "torch", "per_tensor_affine", "per_tensor_symmetric", "per_channel_affine");
        add(all, Kind.OPAQUE, "numpy", "dtype", "ndarray", "bool_", "float16", "float32", "float64", "int8", "int16");
        add(all, Kind.OPAQUE, "numpy", "int32", "int64", "uint8", "uint16", "uint32", "uint64");
        add(all, Kind.OPAQUE, "numpy.core.multiarray", "scalar", "_reconstruct");
        add(all, Kind.OPAQUE, "numpy.core.numeric", "_frombuffer");
    }

    private static Map<String, ElementType> storages() {
        Map<String, ElementType> storages = new HashMap<>();
        storages.put("DoubleStorage", ElementType.of(DType.F64));
        storages.put("FloatStorage", ElementType.of(DType.F32));
        storages.put("HalfStorage", ElementType.of(DType.F16));
        storages.put("BFloat16Storage", ElementType.of(DType.BF16));
        storages.put("LongStorage", ElementType.of(DType.I64));
        storages.put("IntStorage", ElementType.of(DType.I32));
        storages.put("ShortStorage", ElementType.of(DType.I16));
        storages.put("CharStorage", ElementType.of(DType.I8));
        storages.put("ByteStorage", ElementType.of(DType.U8));
        storages.put("UntypedStorage", ElementType.of(DType.U8));
        storages.put("_UntypedStorage", ElementType.of(DType.U8));
        storages.put("BoolStorage", ElementType.of(DType.BOOL));
        storages.put("ComplexFloatStorage", new ElementType("complex64", 8, Optional.empty()));
        storages.put("ComplexDoubleStorage", new ElementType("complex128", 16, Optional.empty()));
        storages.put("QInt8Storage", new ElementType("qint8", 1, Optional.empty()));
        storages.put("QUInt8Storage", new ElementType("quint8", 1, Optional.empty()));
        storages.put("QInt32Storage", new ElementType("qint32", 4, Optional.empty()));
        return storages;
    }

    private static void add(Map<String, Global> all, Kind kind, String module, String... names) {
        Arrays.stream(names)
                .map(name -> module + "." + name)
                .forEach(name -> all.put(name, new Global(name, kind, Optional.empty())));
    }

    private static void addElements(Map<String, Global> all, Kind kind, String name, ElementType type) {
        all.put(name, new Global(name, kind, Optional.of(type)));
    }
}
