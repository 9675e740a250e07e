package dev.finetune.checkpoint;

import java.util.List;
import java.util.Optional;

/**
 * A tensor of an ONNX file (TensorProto), its data unread.
 *
 * @param name what nodes call it
 * @param type of its elements, by ONNX's number
 * @param shape its sizes
 * @param data where its elements are
 * @param small the elements, where they are few
 */
record OnnxTensor(String name, int type, long[] shape, Data data, List<Double> small) {
    private static final int FLOAT = 1;
    private static final int FLOAT16 = 10;
    private static final int DOUBLE = 11;
    private static final int BFLOAT16 = 16;

    /** ONNX's names of element types, in the order of their numbers (TensorProto.DataType). */
    private static final List<String> TYPES = List.of(
            "UNDEFINED",
            "FLOAT",
            "UINT8",
            "INT8",
            "UINT16",
            "INT16",
            "INT32",
            "INT64",
            "STRING",
            "BOOL",
            "FLOAT16",
            "DOUBLE",
            "UINT32",
            "UINT64",
            "COMPLEX64",
            "COMPLEX128",
            "BFLOAT16",
            "FLOAT8E4M3FN",
            "FLOAT8E4M3FNUZ",
            "FLOAT8E5M2",
            "FLOAT8E5M2FNUZ",
            "UINT4",
            "INT4",
            "FLOAT4E2M1");

    /** Where elements are. */
    sealed interface Data {
        /** In the file, one after the other, little-endian. */
        record Plain(long position, long length) implements Data {}

        /** In the file, as whole numbers of changing length: so are the bits of 16-bit floats written. */
        record Numbers(long position, long length) implements Data {}

        /** In another file; a length of -1 is that of the elements. */
        record External(String location, long offset, long length) implements Data {}

        /** Nowhere. */
        record None() implements Data {}
    }

    /** The element type, if it is one of those that checkpoints may have here. */
    Optional<DType> dtype() {
        return Optional.ofNullable(
                switch (type) {
                    case FLOAT -> DType.F32;
                    case 2 -> DType.U8;
                    case 3 -> DType.I8;
                    case 5 -> DType.I16;
                    case 6 -> DType.I32;
                    case 7 -> DType.I64;
                    case 9 -> DType.BOOL;
                    case FLOAT16 -> DType.F16;
                    case DOUBLE -> DType.F64;
                    case BFLOAT16 -> DType.BF16;
                    default -> null;
                });
    }

    /** What ONNX calls the element type. */
    String typeName() {
        return type >= 0 && type < TYPES.size() ? TYPES.get(type) : "type " + type;
    }

    boolean isFloat() {
        return type == FLOAT || type == FLOAT16 || type == DOUBLE || type == BFLOAT16;
    }

    OnnxTensor named(String other) {
        return new OnnxTensor(other, type, shape, data, small);
    }
}
