package dev.finetune.checkpoint;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.Natives;
import java.util.Optional;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The element types that a checkpoint's tensors may have here. The constants stand in the order of safetensors' own
 * {@code Dtype}, by which its writer sorts.
 */
public enum DType {
    /** Truth values, one byte each. */
    BOOL("bool", 1),
    /** Unsigned bytes. */
    U8("uint8", 1),
    /** Signed bytes. */
    I8("int8", 1),
    /** 16-bit integers. */
    I16("int16", 2),
    /** IEEE half precision. */
    F16("float16", 2),
    /** The upper half of a 32-bit float. */
    BF16("bfloat16", 2),
    /** 32-bit integers. */
    I32("int32", 4),
    /** 32-bit floats. */
    F32("float32", 4),
    /** 64-bit floats. */
    F64("float64", 8),
    /** 64-bit integers. */
    I64("int64", 8);

    private final String torchName;
    private final int bytes;

    DType(String torchName, int bytes) {
        this.torchName = torchName;
        this.bytes = bytes;
    }

    /**
     * Bytes per element.
     *
     * @return how many bytes an element takes
     */
    public int bytes() {
        return bytes;
    }

    /** {@return the name in a safetensors header, such as {@code F32}} */
    public String safetensorsName() {
        return name();
    }

    /** {@return the name in PyTorch, without the {@code torch.}: such as {@code float32}} */
    public String torchName() {
        return torchName;
    }

    /**
     * LibTorch's name of this type.
     *
     * @return the type as LibTorch names it
     */
    public ScalarType scalarType() {
        Natives.load();
        return switch (this) {
            case BOOL -> ScalarType.Bool;
            case U8 -> ScalarType.Byte;
            case I8 -> ScalarType.Char;
            case I16 -> ScalarType.Short;
            case F16 -> ScalarType.Half;
            case BF16 -> ScalarType.BFloat16;
            case I32 -> ScalarType.Int;
            case F32 -> ScalarType.Float;
            case F64 -> ScalarType.Double;
            case I64 -> ScalarType.Long;
        };
    }

    /**
     * {@return the type of that LibTorch name}
     *
     * @param type any of LibTorch's
     * @throws FinetuneException when checkpoints cannot hold it here (complex, quantized, 8-bit floats and the like)
     */
    public static DType of(ScalarType type) {
        ScalarType known = type.intern(); // What comes from native code is not the constant itself.
        for (DType dtype : values()) {
            if (dtype.scalarType() == known) {
                return dtype;
            }
        }
        throw new FinetuneException("Tensors of type " + known.name()
                + " can't be stored; convert them first to one of float64, float32, float16, bfloat16, int64, int32,"
                + " int16, int8, uint8 or bool.");
    }

    /**
     * {@return the type that a safetensors header calls so; empty for one that is not supported here, such as {@code
     * U16}}
     *
     * @param name such as "F32"
     */
    public static Optional<DType> ofSafetensors(String name) {
        for (DType dtype : values()) {
            if (dtype.name().equals(name)) {
                return Optional.of(dtype);
            }
        }
        return Optional.empty();
    }
}
